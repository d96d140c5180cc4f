"""Owns the state database in a SQLite file, through the standard library's driver.

SQLAlchemy is loaded only to make or upgrade the tables: its import costs more than a whole small apply.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flowyml_infra.audit.sqlite import NOW, connect, translate
from flowyml_infra.state import schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowyml_infra.audit.chain import Execute

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"


class SqliteDatabase:
    """One connection to the file at ``path``, shared by the threads of this process one at a time.

    Args:
        path: The file.
        create: Make the file, and its folder, when there is none; otherwise open what is there for reading.

    Raises:
        StateError: The file cannot be opened.
    """

    now = NOW
    hold = ""

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            if create:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = connect(path, "rwc" if create else "ro")
        except (sqlite3.Error, UnicodeDecodeError, OSError) as error:
            raise translate(_from_system(error), path) from error

    @property
    def url(self) -> str:
        """Where it is."""
        return f"sqlite:///{self.path}"

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        """See :class:`flowyml_infra.state.database.Database`; takes SQLite's write lock at the beginning."""
        with self._block("BEGIN IMMEDIATE") as execute:
            yield execute

    @contextmanager
    def alone(self) -> Iterator[Execute]:
        """See :class:`flowyml_infra.state.database.Database`; SQLite has one writer at a time."""
        with self.transaction() as execute:
            yield execute

    @contextmanager
    def reading(self) -> Iterator[Execute]:
        """See :class:`flowyml_infra.state.database.Database`."""
        with self._block("BEGIN") as execute:
            yield execute

    @contextmanager
    def _block(self, begin: str) -> Iterator[Execute]:
        with self._lock:
            connection = self._connection
            try:
                try:
                    connection.execute(begin)
                    yield connection.execute
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
            except (sqlite3.Error, UnicodeDecodeError) as error:
                raise translate(error, self.path) from error

    def tables(self) -> frozenset[str]:
        """See :class:`flowyml_infra.state.database.Database`."""
        with self.reading() as execute:
            return frozenset(row[0] for row in execute(_TABLES, {}).fetchall())

    def create_schema(self) -> None:
        """See :class:`flowyml_infra.state.database.Database`."""
        self._use_log()
        with self.transaction() as execute:
            if not execute(_TABLES, {}).fetchall():
                schema.create(execute, "sqlite")

    def upgrade_schema(self) -> None:
        """See :class:`flowyml_infra.state.database.Database`; the copy stays beside the file."""
        from flowyml_infra.state.migration import upgrade_sqlite

        with self._lock:
            upgrade_sqlite(self.path)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    def _use_log(self) -> None:
        """Write-ahead logging, so that readers never wait; lasts in the file."""
        with self._lock:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.Error as error:
                raise translate(error, self.path) from error


def _from_system(error: sqlite3.Error | UnicodeDecodeError | OSError) -> sqlite3.Error | UnicodeDecodeError:
    if not isinstance(error, OSError):
        return error
    wrapped = sqlite3.OperationalError(str(error))
    wrapped.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
    return wrapped
