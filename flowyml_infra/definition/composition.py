"""Owns the building of a value from YAML events under bounds; which parser gives the events does not matter."""

from __future__ import annotations

import sys
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from flowyml_infra.definition.limits import LimitError, Limits
from flowyml_infra.definition.places import Places
from flowyml_infra.definition.scalars import NumberRangeError, resolve_plain
from flowyml_infra.diagnostics import Diagnostic, Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowyml_infra.definition.jsonvalue import Json
    from flowyml_infra.definition.places import Mark

_MERGE: Final = "<<"
_STR_TAGS: Final = frozenset({None, "!", "tag:yaml.org,2002:str"})
_COLLECTION_TAGS: Final = frozenset({None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})
_MOST_PROBLEMS: Final = 50
_LONGEST_KEY: Final = 256
_LONGEST_SHOWN: Final = 60


class _Frame:
    """A mapping or list that is being read; ``mapping`` or ``items`` is the value, the other one None."""

    __slots__ = (
        "anchor",
        "height",
        "items",
        "key",
        "key_mark",
        "mapping",
        "marks",
        "merges",
        "nodes",
        "places",
        "size",
    )

    def __init__(self, event: Any, nodes: int, size: int) -> None:  # noqa: ANN401 -- PyYAML's events have no common type
        self.mapping: dict[str, Json] | None = {} if type(event) is MappingStartEvent else None
        self.items: list[Json] = []
        self.places = Places(self.items if self.mapping is None else self.mapping, event.start_mark)
        self.marks: list[int] = []
        self.anchor: str | None = event.anchor
        self.nodes = nodes
        self.size = size
        self.height = 1
        self.key: str | None = None
        self.key_mark: Mark = event.start_mark
        self.merges: list[tuple[Json, Places | None, Mark]] | None = None

    def awaits_key(self) -> bool:
        return self.mapping is not None and self.key is None


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an alias repeats, and what that costs."""

    value: Json
    places: Places | None
    nodes: int
    size: int
    height: int


class Composition:
    """Reads one document; ``problems`` and ``places`` hold what was found besides its value."""

    def __init__(self, file: str, limits: Limits) -> None:
        self.problems: list[Diagnostic] = []
        self.places: Places | None = None
        self._file = file
        self._limits = limits
        self._frames: list[_Frame] = []
        self._anchors: dict[str, _Anchored | None] = {}
        self._accepted_keys: set[str] = set()
        self._value: Json = None
        self._documents = 0
        self._nodes = 0
        self._repeated = 0
        self._size = 0

    def read(self, get_event: Callable[[], Any]) -> Json:
        """The value of the document whose events ``get_event`` gives; null when there is none.

        Raises:
            LimitError: A bound is crossed.
            yaml.YAMLError: The text is no YAML.
        """
        actions: dict[type, Callable[[Any], None]] = {
            ScalarEvent: self._scalar,
            MappingStartEvent: self._open,
            SequenceStartEvent: self._open,
            MappingEndEvent: self._close,
            SequenceEndEvent: self._close,
            AliasEvent: self._alias,
            DocumentStartEvent: self._document,
        }
        while True:
            event = get_event()
            action = actions.get(type(event))
            if action is not None:
                action(event)
            elif type(event) is StreamEndEvent:
                return self._value

    def _document(self, event: Any) -> None:  # noqa: ANN401
        self._documents += 1
        if self._documents > 1:
            self._stop("documents", event.start_mark, "a second document begins here", "keep one document in a file")

    def _scalar(self, event: Any) -> None:  # noqa: ANN401
        """Take a key or a value. Nearly all time goes into here, so the common case is kept straight."""
        text: str = event.value
        self._size += len(text)
        frame = self._frames[-1] if self._frames else None
        if frame is not None and frame.key is None and frame.mapping is not None:
            if event.tag is not None or event.anchor is not None or text not in self._accepted_keys:
                self._examine_key(frame, event, text)
            if text in frame.mapping:
                self._refuse_duplicate(frame, event.start_mark, text)
            frame.key_mark = event.start_mark
            if frame.key is None:
                frame.key = sys.intern(text)
            return
        self._nodes += 1
        if self._nodes > self._limits.nodes or self._size > self._limits.size:
            self._check(event.start_mark)
        value = self._meaning(event, text)
        if event.anchor is not None:
            self._anchor(event, _Anchored(value, None, 1, len(text), 0))
        self._add(value, None, event.start_mark)

    def _meaning(self, event: Any, text: str) -> Json:  # noqa: ANN401
        if event.tag is not None:
            self._check_tag(event, _STR_TAGS)
        elif event.implicit[0]:
            try:
                return resolve_plain(text)
            except NumberRangeError:
                summary = "the number is too large to be kept exactly"
                self._problem("number", event.start_mark, summary, "quote it if it is a text")
        return text

    def _examine_key(self, frame: _Frame, event: Any, text: str) -> None:  # noqa: ANN401
        """Look at a key that is new to the document; the harmless ones are remembered."""
        mark = event.start_mark
        plain = event.implicit[0] and event.tag is None
        self._check_tag(event, _STR_TAGS)
        if event.anchor is not None:
            self._anchor(event, _Anchored(text, None, 1, len(text), 0))
        if plain and text == _MERGE:
            if frame.merges is not None:
                self._problem("duplicate_key", mark, "'<<' is given twice", "write <<: [*first, *second]")
            frame.merges, frame.key = frame.merges or [], _MERGE
        elif plain and not isinstance(self._meaning(event, text), str):
            shown = f"the key {text}" if text else "an empty key"
            self._problem("key", mark, f"{shown} is not a text", f'quote it: "{text}"')
        elif len(text) > _LONGEST_KEY:
            self._problem("key", mark, f"a key is {len(text):,} characters long", f"{_LONGEST_KEY} are allowed")
        elif text.startswith("$"):
            hint = "variables are not replaced in keys, and keys that begin with $ are reserved"
            self._problem("key", mark, f"the key {text!r} begins with $", hint)
        elif isinstance(self._meaning(event, text), str) and text != _MERGE:
            self._accepted_keys.add(text)

    def _refuse_duplicate(self, frame: _Frame, mark: Mark, text: str) -> None:
        first = list(frame.mapping or ()).index(text) * 4
        hint = f"keep one of the two; the first is in line {frame.marks[first] + 1}"
        self._problem("duplicate_key", mark, f"the key {text[:_LONGEST_SHOWN]!r} is given twice", hint)

    def _open(self, event: Any) -> None:  # noqa: ANN401
        mark = event.start_mark
        self._check_tag(event, _COLLECTION_TAGS)
        if self._frames and self._frames[-1].awaits_key():
            self._stop("key", mark, "a mapping or list stands where a key must be", "a key is a text")
        if len(self._frames) >= self._limits.depth:
            self._exceed(mark, f"values are nested more than {self._limits.depth} deep")
        frame = _Frame(event, self._nodes, self._size)
        self._nodes += 1
        if self._nodes > self._limits.nodes:
            self._check(mark)
        if event.anchor is not None:
            self._anchor(event, None)
        self._frames.append(frame)

    def _close(self, _event: Any) -> None:  # noqa: ANN401
        frame = self._frames.pop()
        places = frame.places
        if frame.merges:
            self._merge(frame)
        places.marks = array("I", frame.marks)
        if frame.anchor is not None:
            cost = self._nodes - frame.nodes, self._size - frame.size
            self._anchors[frame.anchor] = _Anchored(places.values, places, *cost, frame.height)
        if self._frames:
            around = self._frames[-1]
            around.height = max(around.height, frame.height + 1)
        self._add(places.values, places, places)

    def _alias(self, event: Any) -> None:  # noqa: ANN401
        mark, name = event.start_mark, event.anchor
        shown = name[:_LONGEST_SHOWN]
        frame = self._frames[-1] if self._frames else None
        if frame is not None and frame.awaits_key():
            self._stop("key", mark, "an alias stands where a key must be", "write the key out")
        if name not in self._anchors:
            hint = f"write &{shown} before the value that is meant, or quote a text that begins with *"
            self._problem("alias", mark, f"there is no anchor &{shown} above this alias", hint)
            self._add(None, None, mark)
            return
        target = self._anchors[name]
        if target is None:
            self._stop("alias", mark, f"*{shown} stands inside of what it repeats", "write out what is meant")
        self._repeated += target.nodes
        self._nodes += target.nodes
        self._size += target.size
        self._check(mark)
        if len(self._frames) + target.height > self._limits.depth:
            self._exceed(mark, f"values are nested more than {self._limits.depth} deep")
        if frame is not None:
            frame.height = max(frame.height, target.height + 1)
        self._add(target.value, target.places, mark)

    def _anchor(self, event: Any, anchored: _Anchored | None) -> None:  # noqa: ANN401
        if event.anchor in self._anchors:
            summary = f"the anchor &{event.anchor[:_LONGEST_SHOWN]} is given twice"
            self._problem("alias", event.start_mark, summary, "rename one of them")
        self._anchors[event.anchor] = anchored

    def _add(self, value: Json, places: Places | None, mark: Mark) -> None:
        """Put a finished value where it belongs."""
        if not self._frames:
            self._value, self.places = value, places
            return
        frame = self._frames[-1]
        if frame.mapping is None:
            if places is not None:
                frame.places.children[len(frame.items)] = places
            frame.items.append(value)
            frame.marks += (mark.line, mark.column)
            return
        key, key_mark = frame.key, frame.key_mark
        frame.key = None
        if key is _MERGE and frame.merges is not None:
            frame.merges.append((value, places, key_mark))
        elif key is not None and key not in frame.mapping:
            if places is not None:
                frame.places.children[key] = places
            frame.mapping[key] = value
            frame.marks += (key_mark.line, key_mark.column, mark.line, mark.column)

    def _merge(self, frame: _Frame) -> None:
        mapping = frame.mapping if frame.mapping is not None else {}
        for value, found, mark in frame.merges or ():
            sources = list(_mappings(value, found))
            if not sources and value != []:
                hint = "write <<: *name, where &name marks a mapping"
                self._problem("merge", mark, "<< merges mappings, and this is none", hint)
            for source, places in sources:
                for key in [key for key in source if key not in mapping]:
                    mapping[key] = source[key]
                    if key in places.children:
                        frame.places.children[key] = places.children[key]
                    frame.marks += (*places.key_mark(key), *places.value_mark(key))

    def _check(self, mark: Mark) -> None:
        limits, written = self._limits, self._nodes - self._repeated
        if self._nodes > limits.nodes:
            self._exceed(mark, f"there are more than {limits.nodes:,} values, with aliases written out")
        if self._size > limits.size:
            self._exceed(mark, f"there are more than {limits.size:,} characters, with aliases written out")
        if self._repeated > limits.free + limits.repeated * written:
            self._exceed(mark, f"aliases make {self._repeated:,} values out of {written:,} written ones")

    def _check_tag(self, event: Any, accepted: frozenset[str | None]) -> None:  # noqa: ANN401
        if event.tag not in accepted:
            hint = "remove it; quote a text that begins with !"
            self._problem("tag", event.start_mark, f"the tag {event.tag[:_LONGEST_SHOWN]} is not allowed", hint)

    def _problem(self, code: str, mark: Mark, summary: str, hint: str) -> None:
        problem = self._diagnostic(code, mark, summary, hint)
        if len(self.problems) >= _MOST_PROBLEMS:
            raise LimitError(problem)
        self.problems.append(problem)

    def _stop(self, code: str, mark: Mark, summary: str, hint: str) -> NoReturn:
        raise LimitError(self._diagnostic(code, mark, summary, hint))

    def _exceed(self, mark: Mark, summary: str) -> NoReturn:
        raise LimitError(self._limits.exceeded(Location(self._file, mark.line + 1, mark.column + 1), summary))

    def _diagnostic(self, code: str, mark: Mark, summary: str, hint: str) -> Diagnostic:
        place = Location(self._file, mark.line + 1, mark.column + 1)
        return Diagnostic("error", f"definition.{code}", summary, location=place, hint=hint)


def _mappings(value: Json, places: Places | None) -> Iterator[tuple[dict[str, Json], Places]]:
    """The mappings that a merge key names, nothing when one of them is none."""
    if isinstance(value, dict) and places is not None:
        yield value, places
    elif isinstance(value, list) and places is not None and all(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield item, places.children[index]
