"""Owns what a source is: a place where stacks are found by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.resolution.versions import Wanted


@dataclass(frozen=True, slots=True)
class Entry:
    """One stack that a source offers.

    Attributes:
        name: Its name.
        source: Where exactly it is, for people.
        version: Its version, or None where that is not known.
        path: The file that it is in, or None; two entries in one file are the same stack.
    """

    name: str
    source: str
    version: str | None = None
    path: Path | None = None


class Source(Protocol):
    """A place where stacks are found by name. It reads through the ``Loading`` it was made with and nothing else."""

    where: str
    """For messages: what was searched."""

    def find(self, wanted: Wanted) -> Sequence[Entry]:
        """Every stack of this name here; more than one is for the caller to refuse, and so is one of another version.

        A source that has many versions of one stack gives the best of those that are wanted.

        Raises:
            ResolutionError: It cannot be searched. The name may be here, so no other source may answer for this one.
        """

    def load(self, entry: Entry) -> StackDefinition:
        """The definition of an entry that :meth:`find` gave.

        Raises:
            DefinitionError: It is wrong.
        """

    def entries(self) -> Sequence[Entry]:
        """Everything that is offered here, by name.

        Raises:
            ResolutionError: It cannot be searched.
        """

    def remarks(self) -> Sequence[str]:
        """What could not be searched, a sentence each, for the message about a name that was not found."""
