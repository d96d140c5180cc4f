"""Owns the rewriting of Rego so that iteration inside a call or a literal is iteration of a statement of its own.

``startswith(input.changes[_].address, "x")`` becomes ``it__1 := input.changes[_].address`` and, after it,
``startswith(it__1, "x")``. By the language both mean the same. The interpreter answers the first form with an error
when the index is ``_``, and with nothing at all when it is a variable that nothing else binds: a denial would be lost.

It also cannot print, with ``sprintf``, a text that some functions give; taken as a part of itself, it can. And it does
not know ``re_match``, which is an older name of ``regex.match``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOKEN: Final = re.compile(
    r"(?P<space>[ \t\r]+|#[^\n]*)|(?P<line>\n)|(?P<text>\"(?:\\.|[^\"\\\n])*\"|`[^`]*`)"
    r"|(?P<word>[A-Za-z_]\w*)|(?P<number>\d[\w.]*)|(?P<sign>:=|==|!=|<=|>=|.)",
    re.DOTALL,
)
_PAIRS: Final = {"(": ")", "[": "]", "{": "}"}
_NOT_A_BODY: Final = ("=", ":=", "==", "contains", "in", ",", "(", "[", "{", ":", "|", "default")
_LEFT_ALONE: Final = ("not", "some", "every", "with", "import", "package")
_CONTINUED: Final = ("=", ":=", "==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "&", "|", ",", ".", "in")
_UNPRINTABLE: Final = (
    *("concat", "format_int", "glob.quote_meta", "json.marshal", "lower", "regex.replace", "replace", "upper"),
    *("urlquery.decode", "urlquery.encode", "yaml.marshal"),
)
"""The functions whose texts ``sprintf`` puts quotes around, without which the answer could be read."""
_RENAMED: Final = {"re_match": "regex.match"}


class SourceError(ValueError):
    """The text is no Rego that could be read."""


@dataclass(frozen=True, slots=True)
class Group:
    """What stands between two brackets, with them."""

    opening: str
    parts: tuple[Part, ...]


Part: TypeAlias = "str | Group"


def rewrite(source: str) -> str:
    """``source`` with every iteration in a statement of its own, and without what the interpreter does not know.

    Raises:
        SourceError: Brackets do not match.
    """
    parts = grouped(source)
    numbers = count(1)
    result: list[Part] = []
    previous = ""
    index = 0
    while index < len(parts):
        part = parts[index]
        if isinstance(part, Group) and part.opening == "{" and previous not in _NOT_A_BODY:
            result.append(Group("{", tuple(_body(part.parts, numbers))))
        elif part == "if" and not _braced(parts, index):
            end = _line_end(parts, index + 1)
            result += ["if", " ", Group("{", tuple(_body(parts[index + 1 : end], numbers)))]
            index, part = end - 1, "}"
        else:
            result.append(part)
        previous = previous if is_blank(part) else part.opening if isinstance(part, Group) else part
        previous = "}" if isinstance(part, Group) else previous
        index += 1
    return _text([_known(part) for part in result])


def _known(part: Part) -> Part:
    """``part`` with its calls as the interpreter answers them."""
    return Group(part.opening, tuple(_known_calls(part.parts))) if isinstance(part, Group) else part


def _known_calls(parts: Sequence[Part]) -> Iterator[Part]:
    index = 0
    while index < len(parts):
        end = reference_end(parts, index)
        called = end > index and end < len(parts) and _opening(parts[end]) == "("
        if called and all(isinstance(part, str) for part in parts[index:end]):
            name = _text(parts[index:end])
            call: tuple[Part, ...] = (_RENAMED.get(name, name), _known(parts[end]))
            yield from ("substring", Group("(", (*call, ",0,-1"))) if name in _UNPRINTABLE else call
            index = end + 1
            continue
        yield _known(parts[index])
        index += 1


def grouped(source: str) -> tuple[Part, ...]:
    """``source`` as its words, signs and texts, with what stands between brackets as one part; comments are left out.

    Raises:
        SourceError: Brackets do not match.
    """
    stack: list[tuple[str, list[Part]]] = [("", [])]
    for match in _TOKEN.finditer(source):
        token = match[0]
        if token.startswith("#"):
            continue
        if match["sign"] and token in _PAIRS:
            stack.append((token, []))
        elif match["sign"] and token in _PAIRS.values():
            opening, parts = stack.pop()
            if not stack or _PAIRS.get(opening) != token:
                raise SourceError("its brackets do not match")
            stack[-1][1].append(Group(opening, tuple(parts)))
        else:
            stack[-1][1].append(token)
    if len(stack) != 1:
        raise SourceError("a bracket is not closed")
    return tuple(stack[0][1])


def _body(parts: Sequence[Part], numbers: Iterator[int]) -> Iterator[Part]:
    for statement in _statements(parts):
        words = [part for part in statement if isinstance(part, str) and not is_blank(part)]
        lifted: list[Part] = []
        if not words or words[0] in _LEFT_ALONE or "with" in words:
            rewritten = [_inside(part, numbers) for part in statement]
        else:
            rewritten = _lifted(statement, lifted, numbers)
        yield from lifted
        yield from rewritten
        yield "\n"


def _statements(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """The statements, which end at a semicolon, or at the end of a line that does not go on."""
    statement: list[Part] = []
    last: Part = ""
    for part in parts:
        if part == ";" or (part == "\n" and last not in _CONTINUED):
            if any(not is_blank(item) for item in statement):
                yield statement
            statement, last = [], ""
            continue
        statement.append(" " if part == "\n" else part)
        last = last if is_blank(part) else part
    if any(not is_blank(item) for item in statement):
        yield statement


def _lifted(parts: Sequence[Part], lifted: list[Part], numbers: Iterator[int]) -> list[Part]:
    """``parts`` with a new name for every reference that iterates; ``lifted`` gets what binds it."""
    result: list[Part] = []
    index = 0
    while index < len(parts):
        end = reference_end(parts, index)
        if end > index:
            inner = [_lift_group(part, lifted, numbers) for part in parts[index:end]]
            call = end < len(parts) and isinstance(parts[end], Group) and _opening(parts[end]) == "("
            if not call and any(_iterates(part) for part in inner):
                name = f"it__{next(numbers)}"
                lifted += [name, " := ", *inner, "\n"]
                inner = [name]
            result += inner
            index = end
            continue
        result.append(_lift_group(parts[index], lifted, numbers))
        index += 1
    return result


def _lift_group(part: Part, lifted: list[Part], numbers: Iterator[int]) -> Part:
    if not isinstance(part, Group):
        return part
    if _is_comprehension(part) or _iterates(part):
        return _inside(part, numbers)
    return Group(part.opening, tuple(_lifted(part.parts, lifted, numbers)))


def _inside(part: Part, numbers: Iterator[int]) -> Part:
    """A comprehension with its own body rewritten; anything else as it is."""
    if not isinstance(part, Group) or not _is_comprehension(part):
        return part
    bar = part.parts.index("|")
    lifted: list[Part] = []
    head = _lifted(part.parts[:bar], lifted, numbers)
    body = list(_body(part.parts[bar + 1 :], numbers))
    return Group(part.opening, (*head, "| ", *lifted, *body))


def reference_end(parts: Sequence[Part], start: int) -> int:
    """Where the reference that begins at ``start`` ends: a word, and what follows it by dots and brackets."""
    first = parts[start]
    if not isinstance(first, str) or not re.fullmatch(r"[A-Za-z_]\w*", first):
        return start
    end = start + 1
    while end < len(parts):
        if parts[end] == "." and end + 1 < len(parts):
            end += 2
        elif isinstance(parts[end], Group) and _opening(parts[end]) == "[":
            end += 1
        else:
            break
    return end


def _iterates(part: Part) -> bool:
    """Whether it is an index that is one variable."""
    if not isinstance(part, Group) or part.opening != "[":
        return False
    inner = [item for item in part.parts if not is_blank(item)]
    return len(inner) == 1 and isinstance(inner[0], str) and bool(re.fullmatch(r"[A-Za-z_]\w*", inner[0]))


def _is_comprehension(part: Group) -> bool:
    return part.opening in ("[", "{") and "|" in part.parts


def _braced(parts: Sequence[Part], index: int) -> bool:
    after = next((part for part in parts[index + 1 :] if not is_blank(part)), "")
    return isinstance(after, Group) and after.opening == "{"


def _line_end(parts: Sequence[Part], start: int) -> int:
    last: Part = ""
    for index in range(start, len(parts)):
        if parts[index] == "\n" and last not in _CONTINUED and last != "":
            return index
        last = last if is_blank(parts[index]) else parts[index]
    return len(parts)


def _opening(part: Part) -> str:
    return part.opening if isinstance(part, Group) else ""


def is_blank(part: Part) -> bool:
    """Whether it is only space."""
    return isinstance(part, str) and not part.strip()


def _text(parts: Sequence[Part]) -> str:
    return "".join(
        part if isinstance(part, str) else f"{part.opening}{_text(part.parts)}{_PAIRS[part.opening]}" for part in parts
    )
