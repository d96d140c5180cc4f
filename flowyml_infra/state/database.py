"""Owns what the store asks of a database: transactions over portable SQL text with named parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from flowyml_infra.audit.chain import Execute


class Database(Protocol):
    """One database. ``execute(sql, parameters)`` is valid inside the ``with`` block that gave it.

    Every failure of the driver comes out as a ``StateError``; a block that raises is rolled back whole.
    """

    @property
    def url(self) -> str:
        """Where it is, without credentials."""

    @property
    def now(self) -> str:
        """The SQL expression of this database's own clock, in seconds since 1970 with fractions."""

    @property
    def hold(self) -> str:
        """What ends a SELECT whose rows must stay as they are until the transaction ends; empty where all do anyway."""

    def transaction(self) -> AbstractContextManager[Execute]:
        """A transaction that may write; commits at the end of the block."""

    def alone(self) -> AbstractContextManager[Execute]:
        """A transaction beside which nobody else writes."""

    def reading(self) -> AbstractContextManager[Execute]:
        """A transaction that sees one moment and writes nothing."""

    def tables(self) -> frozenset[str]:
        """The names of the tables there are."""

    def create_schema(self) -> None:
        """Make all tables in one transaction, unless another process just did."""

    def upgrade_schema(self) -> None:
        """Bring older tables to the current revision, keeping a copy of what was there where that is possible."""

    def close(self) -> None:
        """Release connections and files."""
