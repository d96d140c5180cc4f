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

_SQLITE_CHAIN = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('audit', 'audit_head')"


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
        from flowyml_infra.audit.postgresql.chain import PostgresChain
        from flowyml_infra.audit.postgresql.location import parse_location

        return PostgresChain(parse_location(url))
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
