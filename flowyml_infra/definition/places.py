"""Owns where the values of a document were written, compactly enough for documents of ten thousand resources."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from flowyml_infra.diagnostics import Location

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.definition.jsonvalue import Json

_NO_MARKS: Final = array("I")

Path: TypeAlias = "tuple[str | int, ...]"
"""The keys and list positions that lead to a value."""


class Mark(Protocol):
    """A position in a text; line and column count from 0."""

    @property
    def line(self) -> int:
        """The line."""

    @property
    def column(self) -> int:
        """The column in characters."""


class Places:
    """The positions of the entries of one mapping or list.

    Attributes:
        values: The mapping or list itself.
        marks: Four numbers an entry of a mapping (line and column of key, then of value), two an item of a list; in the
            order of ``values``, counted from 0.
        children: The places of the entries that are mappings or lists.
        line: Where it begins, counted from 0.
        column: Likewise.
    """

    __slots__ = ("_order", "children", "column", "line", "marks", "values")

    def __init__(self, values: dict[str, Json] | list[Json], start: Mark) -> None:
        self.values = values
        self.line: int = start.line
        self.column: int = start.column
        self.marks = _NO_MARKS
        self.children: dict[str | int, Places] = {}
        self._order: dict[str, int] | None = None

    def position(self, step: str | int) -> int | None:
        """Where in ``values`` the entry ``step`` is, or None when there is none."""
        if isinstance(self.values, list):
            return step if isinstance(step, int) and 0 <= step < len(self.values) else None
        if step not in self.values or not isinstance(step, str):
            return None
        if self._order is None:
            self._order = {key: index for index, key in enumerate(self.values)}
        return self._order[step]

    def key_mark(self, step: str | int) -> tuple[int, int]:
        """Line and column of the key ``step``; of the item itself in a list."""
        index = self.position(step) or 0
        start = index * (2 if isinstance(self.values, list) else 4)
        return self.marks[start], self.marks[start + 1]

    def value_mark(self, step: str | int) -> tuple[int, int]:
        """Line and column of the value at ``step``."""
        if isinstance(self.values, list):
            return self.key_mark(step)
        start = (self.position(step) or 0) * 4 + 2
        return self.marks[start], self.marks[start + 1]


@dataclass(frozen=True, slots=True, repr=False)
class Locations:
    """Finds places in one text.

    Attributes:
        file: The text's name, as the user gave it.
        data: The text.
        root: The places of the outermost value, or None when that is a scalar.
    """

    file: str
    data: bytes = b""
    root: Places | None = None

    def key(self, path: Path) -> Location | None:
        """Where the key that ``path`` ends in is; the beginning of the text for the empty path."""
        if not path:
            return Location(self.file, 1, 1) if self.root is not None else None
        parent = self._parent(path)
        return self._location(parent.key_mark(path[-1])) if parent is not None else None

    def value(self, path: Path) -> Location | None:
        """Where the value at ``path`` begins; for a mapping or list under a key, where that key is."""
        parent = self._parent(path) if path else None
        if parent is None:
            return self.key(path)
        step = path[-1]
        return self._location(parent.key_mark(step) if step in parent.children else parent.value_mark(step))

    def is_mapping(self, path: Path) -> bool:
        """Whether there is a mapping at ``path``."""
        places = self.root
        for step in path:
            places = places.children.get(step) if places is not None else None
        return places is not None and isinstance(places.values, dict)

    def word(self, location: Location) -> str:
        """The unquoted scalar at ``location`` as it is written, or nothing."""
        line = self.line(location.line or 1)
        rest = line[(location.column or 1) - 1 :]
        for end in (" #", ",", "]", "}"):
            rest = rest.split(end, 1)[0]
        return rest.strip()

    def line(self, number: int) -> str:
        """The text of line ``number``, counted from 1, without its end."""
        lines = self.data.split(b"\n", number)
        return lines[number - 1].decode("utf-8", "replace").rstrip("\r") if number <= len(lines) else ""

    def _parent(self, path: Path) -> Places | None:
        places = self.root
        for step in path[:-1]:
            if places is None:
                return None
            places = places.children.get(step)
        return places if places is not None and places.position(path[-1]) is not None else None

    def _location(self, mark: tuple[int, int]) -> Location:
        return Location(self.file, mark[0] + 1, mark[1] + 1)


@dataclass(frozen=True, slots=True, repr=False)
class Layer:
    """One text that a definition was made from.

    Attributes:
        locations: The places in the text.
        origins: Where in the text the values of the definition come from: path there by path here, the longest that
            fits counts.
    """

    locations: Locations
    origins: Mapping[Path, Path] = field(default_factory=lambda: {(): ()})

    def origin(self, path: Path) -> Path | None:
        """The path in the text of what is at ``path`` in the definition."""
        for length in range(len(path), -1, -1):
            start = self.origins.get(path[:length])
            if start is not None:
                return start + path[length:]
        return None

    def key(self, path: Path) -> Location | None:
        """See :meth:`Locations.key`."""
        origin = self.origin(path)
        return None if origin is None else self.locations.key(origin)

    def value(self, path: Path) -> Location | None:
        """See :meth:`Locations.value`."""
        origin = self.origin(path)
        return None if origin is None else self.locations.value(origin)

    def is_mapping(self, path: Path) -> bool:
        """See :meth:`Locations.is_mapping`."""
        origin = self.origin(path)
        return origin is not None and self.locations.is_mapping(origin)


@dataclass(frozen=True, slots=True, repr=False)
class SourceMap:
    """Finds where the values of a definition were written.

    Attributes:
        layers: The texts, the one that overrides the others first.
        fallback: The file that is named when nothing better is known.
    """

    layers: tuple[Layer, ...]
    fallback: str

    def find(self, path: Path, *, key: bool = False) -> Location | None:
        """Where the value at exactly ``path`` is, or its ``key``; of a mapping that several texts have, in the last."""
        best: Location | None = None
        for layer in self.layers:
            found = layer.key(path) if key else layer.value(path)
            if found is None:
                continue
            best = found
            if layer is self.layers[-1] or not layer.is_mapping(path):
                break
        return best

    def key(self, path: Path) -> Location:
        """Where the key of ``path`` is, or that of the nearest thing around it."""
        return self._nearest(path, key=True)

    def value(self, path: Path) -> Location:
        """Where the value at ``path`` is, or the nearest thing around it."""
        return self._nearest(path, key=False)

    def written(self, path: Path) -> str:
        """The scalar at ``path`` as the text has it, or nothing."""
        for layer in self.layers:
            location = layer.value(path)
            if location is not None:
                return layer.locations.word(location)
        return ""

    def original(self, path: Path) -> Path:
        """``path`` with the keys as the user wrote them."""
        for layer in self.layers:
            origin = layer.origin(path)
            if origin is not None and layer.locations.key(origin) is not None:
                return origin
        return path

    def _nearest(self, path: Path, *, key: bool) -> Location:
        for length in range(len(path), -1, -1):
            found = self.find(path[:length], key=key)
            if found is not None:
                return found
        return Location(self.fallback)
