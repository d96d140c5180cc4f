"""Owns how the database that holds a chain is opened by its URL, and the transactions of one in a SQLite file."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from flowyml_infra.audit.location import POSTGRES_SCHEMES, sqlite_path, url_scheme
from flowyml_infra.audit.sqlite import connect, translate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Literal

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.audit.postgresql.chain import PostgresChain

_TABLES = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('audit', 'audit_head')"


def chain_database(url: str, project_root: Path) -> SqliteChain | PostgresChain:
    """The database at ``url``; nothing is opened yet.

    Raises:
        StateError: The URL is of no database that can hold a chain.
    """
    if url_scheme(url) in POSTGRES_SCHEMES:
        from flowyml_infra.audit.postgresql.chain import PostgresChain
        from flowyml_infra.audit.postgresql.location import parse_location

        return PostgresChain(parse_location(url))
    return SqliteChain(sqlite_path(url, project_root))


class SqliteChain:
    """The chain in the file at ``path``. A block gets None where there is no file, or no chain in it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def reading(self) -> Iterator[Execute | None]:
        """A transaction that sees one moment and writes nothing."""
        with self._block("ro", "BEGIN") as execute:
            yield execute

    @contextmanager
    def transaction(self) -> Iterator[Execute | None]:
        """A transaction that commits at the end of the block."""
        with self._block("rw", "BEGIN IMMEDIATE") as execute:
            yield execute

    @contextmanager
    def _block(self, mode: Literal["ro", "rw"], begin: str) -> Iterator[Execute | None]:
        if not self._path.exists():
            yield None
            return
        try:
            with closing(connect(self._path, mode)) as connection:
                if not connection.execute(_TABLES).fetchone()[0]:
                    yield None
                    return
                connection.execute(begin)
                yield connection.execute
                # Closing rolls back what is not committed.
                connection.execute("COMMIT")
        except (sqlite3.Error, UnicodeError) as error:
            raise translate(error, self._path) from error
