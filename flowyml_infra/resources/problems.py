"""Owns the problems found while a definition is expanded, each with its place, so that all are told at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from flowyml_infra.diagnostics import Diagnostic, Location

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowyml_infra.address import Address
    from flowyml_infra.resources.values import Json

Path: TypeAlias = "tuple[str | int, ...]"
"""The way to a value in the definition's document."""


class Located(Protocol):
    """What knows where its values were written."""

    @property
    def source(self) -> str:
        """Where all of them came from."""

    def location_of(self, *path: str | int) -> Location | None:
        """Where the value at ``path`` was written."""


@dataclass
class Problems:
    """Collects problems.

    Attributes:
        definition: Knows where its values were written.
        found: The problems so far.
        doubts: Warnings so far.
        gaps: What is still missing for a plan, though nothing is wrong with the definition.
    """

    definition: Located
    found: list[Diagnostic] = field(default_factory=list)
    doubts: list[Diagnostic] = field(default_factory=list)
    gaps: list[Diagnostic] = field(default_factory=list)

    def add(
        self, code: str, path: Path, summary: str, hint: str | None = None, *, address: Address | None = None
    ) -> None:
        """Note that something is wrong at ``path``, or at the nearest thing around it that was written."""
        self.found.append(Diagnostic("error", code, summary, address=address, location=self._place(path), hint=hint))

    def doubt(self, path: Path, summary: str, hint: str | None = None, *, address: Address | None = None) -> None:
        """Note that something at ``path`` may be wrong."""
        place = self._place(path)
        if any((item.summary, item.location) == (summary, place) for item in self.doubts):
            return  # a place that several resources share
        self.doubts.append(
            Diagnostic("warning", "definition.doubtful", summary, address=address, location=place, hint=hint)
        )

    def gap(self, path: Path, summary: str, hint: str, *, address: Address | None = None) -> None:
        """Note that a plan cannot be made until something is said."""
        place = self._place(path)
        if any(item.location == place and item.hint == hint for item in self.gaps):
            return
        self.gaps.append(Diagnostic("error", "location.missing", summary, address=address, location=place, hint=hint))

    def _place(self, path: Path) -> Location:
        nearest = (self.definition.location_of(*path[:length]) for length in range(len(path), 0, -1))
        return next((found for found in nearest if found is not None), Location(self.definition.source))

    def extend(self, problems: Iterable[Diagnostic]) -> None:
        """Note problems that were found elsewhere."""
        self.found.extend(problems)


def described(value: Json) -> str:
    """What ``value`` is, for a message; texts are not repeated, because they may be secrets."""
    match value:
        case None:
            return "empty"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "a mapping"
