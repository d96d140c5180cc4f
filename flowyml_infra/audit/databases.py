"""Owns how the database that holds a chain is opened by its URL, for reading the chain and for adding to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Literal, Protocol

from flowyml_infra.audit.location import POSTGRES_SCHEMES, sqlite_path, url_scheme
from flowyml_infra.audit.sqlite import connect, translate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.audit.postgresql.location import PostgresLocation
    from flowyml_infra.audit.postgresql.sessions import PostgresSessions

_SQLITE_CHAIN = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('audit', 'audit_head')"
_POSTGRES_CHAIN = (
    "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = :schema AND tablename IN ('audit', 'audit_head')"
)


class ChainDatabase(Protocol):
    """A database that may hold a chain. Each block is a transaction; it gets None where there is no chain."""

    def reading(self) -> AbstractContextManager[Execute | None]:
        """A transaction that sees one moment and writes nothing."""

    def transaction(self) -> AbstractContextManager[Execute | None]:
        """A transaction that commits at the end of the block."""


def chain_database(url: str, project_root: Path) -> ChainDatabase:
    """The database at ``url``; nothing is opened yet.

    Raises:
        StateError: The URL is of no database that can hold a chain.
    """
    if url_scheme(url) in POSTGRES_SCHEMES:
        from flowyml_infra.audit.postgresql.location import parse_location

        return _PostgresChain(parse_location(url))
    return _SqliteChain(sqlite_path(url, project_root))


class _SqliteChain:
    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def reading(self) -> Iterator[Execute | None]:
        with self._block("ro", "BEGIN") as execute:
            yield execute

    @contextmanager
    def transaction(self) -> Iterator[Execute | None]:
        with self._block("rw", "BEGIN IMMEDIATE") as execute:
            yield execute

    @contextmanager
    def _block(self, mode: Literal["ro", "rw"], begin: str) -> Iterator[Execute | None]:
        if not self._path.exists():
            yield None
            return
        try:
            with closing(connect(self._path, mode)) as connection:
                if not connection.execute(_SQLITE_CHAIN).fetchone()[0]:
                    yield None
                    return
                connection.execute(begin)
                yield connection.execute
                # Closing rolls back what is not committed.
                connection.execute("COMMIT")
        except (sqlite3.Error, UnicodeError) as error:
            raise translate(error, self._path) from error


class _PostgresChain:
    def __init__(self, location: PostgresLocation) -> None:
        self._location = location

    @contextmanager
    def reading(self) -> Iterator[Execute | None]:
        with self._sessions() as sessions, sessions.reading() as execute:
            yield self._with_chain(execute)

    @contextmanager
    def transaction(self) -> Iterator[Execute | None]:
        with self._sessions() as sessions, sessions.transaction() as execute:
            yield self._with_chain(execute)

    def _sessions(self) -> AbstractContextManager[PostgresSessions]:
        from flowyml_infra.audit.postgresql.sessions import PostgresSessions

        return closing(PostgresSessions(self._location))

    def _with_chain(self, execute: Execute) -> Execute | None:
        parameters = {"schema": self._location.schema}
        return execute if execute(_POSTGRES_CHAIN, parameters).fetchone()[0] else None
