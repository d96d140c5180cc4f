"""Owns what the record of runs asks of a database: transactions over portable SQL text with named parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from flowyml_infra.audit.chain import Execute


class RunDatabase(Protocol):
    """One database. Every failure of the driver comes out as a ``StateError``; nothing is opened before it is used."""

    @property
    def uri(self) -> str:
        """Where it is, without credentials."""

    @property
    def now(self) -> str:
        """The SQL expression of this database's own clock, in seconds since 1970 with fractions."""

    def prepare(self) -> None:
        """Make the tables, or bring them to the version of this release."""

    def writing(self) -> AbstractContextManager[Execute]:
        """A transaction that commits at the end of the block, and is undone when the block raises.

        Raises:
            StateError: There are no tables of this version.
        """

    def reading(self) -> AbstractContextManager[Execute | None]:
        """A transaction that writes nothing; None where nothing was recorded yet."""

    def close(self) -> None:
        """Release connections and files."""
