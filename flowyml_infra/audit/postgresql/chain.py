"""Owns the transactions in which the chain of a PostgreSQL state is read and added to."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from flowyml_infra.audit.postgresql.sessions import PostgresSessions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.audit.postgresql.location import PostgresLocation

_TABLES: Final = (
    "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = :schema AND tablename IN ('audit', 'audit_head')"
)


class PostgresChain:
    """The chain in the schema of ``location``; a connection lasts for one block. A block gets None without a chain."""

    def __init__(self, location: PostgresLocation) -> None:
        self._location = location

    @contextmanager
    def reading(self) -> Iterator[Execute | None]:
        """A transaction that sees one moment and writes nothing."""
        with closing(PostgresSessions(self._location)) as sessions, sessions.reading() as execute:
            yield self._with_chain(execute)

    @contextmanager
    def transaction(self) -> Iterator[Execute | None]:
        """A transaction that commits at the end of the block."""
        with closing(PostgresSessions(self._location)) as sessions, sessions.transaction() as execute:
            yield self._with_chain(execute)

    def _with_chain(self, execute: Execute) -> Execute | None:
        return execute if execute(_TABLES, {"schema": self._location.schema}).fetchone()[0] else None
