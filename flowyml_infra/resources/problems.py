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
    """

    definition: Located
    found: list[Diagnostic] = field(default_factory=list)

    def add(
        self, code: str, path: Path, summary: str, hint: str | None = None, *, address: Address | None = None
    ) -> None:
        """Note that something is wrong at ``path``, or at the nearest thing around it that was written."""
        nearest = (self.definition.location_of(*path[:length]) for length in range(len(path), 0, -1))
        location = next((found for found in nearest if found is not None), Location(self.definition.source))
        self.found.append(Diagnostic("error", code, summary, address=address, location=location, hint=hint))

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
