"""Owns what policies in Rego look at of each change, so that the interpreter is handed nothing else.

Handing a document over costs more than judging it. A policy that takes changes, and their ``before`` and ``after``,
apart by name alone says the same about a document without the other names. Whatever else it does with one of these
(counting, comparing, printing or searching it, or asking by a name that is computed) is not followed, and the document
stays whole.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from flowyml_infra.policy.rego_source import Group, grouped, is_blank, reference_end

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flowyml_infra.policy.rego_source import Part
    from flowyml_infra.resources.values import Json

_ALWAYS: Final = "address"
"""Kept in every change, so that no two of them become the same."""
_SIDES: Final = ("before", "after")
_WORD: Final = re.compile(r"[A-Za-z_]\w*")
_ENDS: Final = ("\n", ";", "")
_SIGNS: Final = "|&+-*/%<>=!:.,"
"""What an expression can go on with on its next line."""


class _Sort(Enum):
    """What an expression can be: one of the four that are taken apart, or anything else."""

    INPUT = auto()
    CHANGES = auto()
    CHANGE = auto()
    SIDE = auto()
    OTHER = auto()


class _UnfollowedError(Exception):
    """A policy does something else with one of the four."""


@dataclass(frozen=True, slots=True)
class View:
    """The names that policies look at: of a change, and of what it was or will be."""

    of_change: frozenset[str]
    of_side: frozenset[str]

    def narrow(self, document: Mapping[str, Json]) -> dict[str, Json]:
        """``document``, a plan's, with nothing else in its changes; whole where two of them have one address."""
        changes = document["changes"]
        items = [item for item in changes if isinstance(item, dict)] if isinstance(changes, list) else []
        if len({str(item[_ALWAYS]) for item in items}) != len(items):
            return dict(document)
        return {**document, "changes": [self._narrowed(item) for item in items]}

    def _narrowed(self, change: Mapping[str, Json]) -> Json:
        kept = {name: change[name] for name in self.of_change if name in change}
        for side in _SIDES:
            values = kept.get(side)
            if isinstance(values, dict):
                kept[side] = {name: values[name] for name in self.of_side if name in values}
        return kept


def view_of(modules: Iterable[str]) -> View | None:
    """What ``modules``, sources that are evaluated together, look at; None when that cannot be told."""
    reading = _Reading([grouped(source) for source in modules])
    try:
        # What is known of a name can make more known of others; there are few sorts, so this ends soon.
        while reading.learns():
            pass
    except _UnfollowedError:
        return None
    return View(frozenset({_ALWAYS, *reading.of_change}), frozenset(reading.of_side))


@dataclass
class _Reading:
    """What is known so far, of all modules at once: names that are the same are taken for one."""

    modules: list[tuple[Part, ...]]
    sorts: dict[str, _Sort] = field(default_factory=lambda: {"input": _Sort.INPUT})
    functions: dict[str, list[list[str]]] = field(default_factory=dict)
    libraries: set[str] = field(default_factory=lambda: {"data"})
    of_change: set[str] = field(default_factory=set)
    of_side: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for module in self.modules:
            self._note_heads(module)

    def learns(self) -> bool:
        """Read everything once; whether that told something new about a name.

        Raises:
            _UnfollowedError: Something is done that is not followed.
        """
        before = len(self.sorts)
        for module in self.modules:
            self._follow(module, top=True)
        return len(self.sorts) != before

    def _note_heads(self, module: Sequence[Part]) -> None:
        """Note the functions with their parameters, and the names of imported libraries."""
        for line in _split(module, "\n"):
            words = _words(line)
            if words[:2] == ["import", "data"]:
                self.libraries.add(words[-1])
        for index, name in enumerate(module[:-1]):
            after = module[index + 1]
            if isinstance(after, Group) and after.opening == "(" and _is_head(module, index):
                parameters = [_one_word(item) for item in _split(after.parts, ",")]
                self.functions.setdefault(str(name), []).append(parameters)

    def _follow(self, parts: Sequence[Part], *, top: bool = False) -> None:
        """Follow every expression in ``parts``; ``top`` says that they are the heads of rules, and no body."""
        index = 0
        while index < len(parts):
            part = parts[index]
            if part in ("with", "$") or (part == "import" and _words(parts[index:])[1] == "input"):
                raise _UnfollowedError
            end = reference_end(parts, index)
            if isinstance(part, Group):
                self._follow(part.parts)
            elif end > index and end < len(parts) and _opens(parts[end], "("):
                self._call(parts, index, end, top=top)
                end += 1
            elif end > index:
                self._reference(parts, index, end, top=top)
            index = max(end, index + 1)

    def _reference(self, parts: Sequence[Part], start: int, end: int, *, top: bool) -> None:
        sort = self._sort(parts[start:end])
        if sort is not _Sort.OTHER and (top or not self._is_followed(parts, start, end, sort)):
            raise _UnfollowedError

    def _call(self, parts: Sequence[Part], start: int, end: int, *, top: bool) -> None:
        *place, name = (item for item in parts[start:end] if isinstance(item, str) and item != ".")
        own = name in self.functions and (not place or place[0] in self.libraries)
        if _next(parts, end + 1)[:1] in (".", "[") and not is_blank(parts[end + 1]):
            raise _UnfollowedError
        for number, argument in enumerate(_split(parts[end].parts, ",")):  # type: ignore[union-attr]
            sort = self._bare(argument)
            if sort is _Sort.OTHER:
                self._follow(_body_of_list(argument) if name == "count" and not own else argument)
            elif top and sort is not _Sort.INPUT and _is_head(parts, start):
                # A parameter in the head of its function.
                continue
            elif own:
                for parameters in self.functions[name]:
                    self._bind(parameters[number] if number < len(parameters) else "", sort)
            elif (name, place, sort) != ("count", [], _Sort.CHANGES):
                raise _UnfollowedError

    def _is_followed(self, parts: Sequence[Part], start: int, end: int, sort: _Sort) -> bool:
        """Whether a reference of ``sort`` only gets a name where it stands, is gone through, or looked for at all."""
        before, after = _words(parts[:start]), _next(parts, end)
        named = end == start + 1 and parts[start] != "input"
        if named and (after == ":=" or before[-1:] in (["some"], ["every"]) or _is_second(before)):
            return True
        if sort is _Sort.SIDE and after in ("==", "!="):
            return _words(parts[end:])[1:2] == ["null"]
        if before[-1:] == ["in"]:
            loops = sort is _Sort.CHANGES and (before[-3:-2] in (["some"], ["every"]) or _is_second(before[:-2]))
            return loops and self._bind(before[-2], _Sort.CHANGE)
        return before[-1:] == [":="] and after in _ENDS and _begins(parts, start) and self._bind(before[-2], sort)

    def _bare(self, parts: Sequence[Part]) -> _Sort:
        """The sort of ``parts`` if they are one reference and nothing else."""
        inner = [item for item in parts if not is_blank(item)]
        if not inner or reference_end(inner, 0) != len(inner):
            return _Sort.OTHER
        return self._sort(inner)

    def _bind(self, name: str, sort: _Sort) -> bool:
        """Take ``name`` for one of ``sort``.

        Raises:
            _UnfollowedError: It is no name, or one of another sort somewhere else.
        """
        if not _WORD.fullmatch(name) or self.sorts.setdefault(name, sort) is not sort:
            raise _UnfollowedError
        return True

    def _sort(self, reference: Sequence[Part]) -> _Sort:
        sort = self.sorts.get(str(reference[0]), _Sort.OTHER)
        for step in reference[1:]:
            if step == ".":
                continue
            if isinstance(step, Group):
                self._follow(step.parts)
            name = step if isinstance(step, str) else _text_in(step)
            sort = self._inside(sort, name)
        return sort

    def _inside(self, sort: _Sort, name: str | None) -> _Sort:
        """The sort of what ``name`` leads to, None being a name that is computed."""
        if sort is _Sort.OTHER:
            return sort
        if sort is _Sort.CHANGES:
            return _Sort.CHANGE
        if name is None:
            raise _UnfollowedError
        if sort is _Sort.INPUT:
            return _Sort.CHANGES if name == "changes" else _Sort.OTHER
        if sort is _Sort.SIDE:
            self.of_side.add(name)
            return _Sort.OTHER
        self.of_change.add(name)
        return _Sort.SIDE if name in _SIDES else _Sort.OTHER


def _text_in(index: Group) -> str | None:
    """The text that is the whole of ``index``, or None."""
    inner = [part for part in index.parts if not is_blank(part)]
    if len(inner) != 1 or not isinstance(inner[0], str) or inner[0][0] not in '"`':
        return None
    try:
        return inner[0][1:-1] if inner[0][0] == "`" else str(json.loads(inner[0]))
    except ValueError:
        return None


def _body_of_list(argument: Sequence[Part]) -> Sequence[Part]:
    """What a list or set is made by, where it consists of what is called by one name; else ``argument`` itself."""
    inner = [part for part in argument if not is_blank(part)]
    if len(inner) != 1 or not isinstance(inner[0], Group) or inner[0].opening not in "[{" or "|" not in inner[0].parts:
        return argument
    bar = inner[0].parts.index("|")
    return inner[0].parts[bar + 1 :] if _one_word(inner[0].parts[:bar]) else argument


def _words(parts: Sequence[Part]) -> list[str]:
    """What stands in ``parts`` by itself, but for space; of what is in brackets, the bracket."""
    return [part if isinstance(part, str) else part.opening for part in parts if not is_blank(part)]


def _next(parts: Sequence[Part], index: int) -> str:
    """What comes next; a line's end, if what follows on the next line does not go on with it."""
    following = _words(parts[index:])[:1] or [""]
    ended = next((part for part in parts[index:] if part == "\n" or not is_blank(part)), "") == "\n"
    return "\n" if ended and (not following[0] or following[0][0] not in _SIGNS) else following[0]


def _begins(parts: Sequence[Part], start: int) -> bool:
    """Whether the assignment whose value begins at ``start`` begins its statement, and is to one word."""
    seen = [part for part in parts[:start] if part == "\n" or not is_blank(part)]
    return len(seen) == 2 or seen[-3] in ("\n", ";", "|")


def _is_head(parts: Sequence[Part], start: int) -> bool:
    """Whether a rule begins at ``start``: with a word, on a line of its own that goes on with none before."""
    part = parts[start]
    if not isinstance(part, str) or not _WORD.fullmatch(part):
        return False
    seen = [item for item in parts[:start] if item == "\n" or not is_blank(item)]
    before = _words(parts[:start])[-1:] or [""]
    return seen[-1:] in ([], ["\n"]) and (not before[0] or before[0][0] not in _SIGNS)


def _is_second(words: Sequence[str]) -> bool:
    """Whether ``words`` end where the second of two names of a loop follows: ``some i,``."""
    return words[-1:] == [","] and words[-3:-2] in (["some"], ["every"])


def _one_word(parts: Sequence[Part]) -> str:
    """The word that is all of ``parts``, or nothing."""
    words = _words(parts)
    return words[0] if len(words) == 1 and _WORD.fullmatch(words[0]) else ""


def _split(parts: Sequence[Part], sign: str) -> list[list[Part]]:
    found: list[list[Part]] = [[]]
    for part in parts:
        if part == sign:
            found.append([])
        else:
            found[-1].append(part)
    return found


def _opens(part: Part, opening: str) -> bool:
    return isinstance(part, Group) and part.opening == opening
