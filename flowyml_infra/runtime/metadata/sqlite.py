"""Owns the record of runs in a SQLite file, through the standard library's driver.

Several processes may record into one file. A commit survives the end of the process, not always a loss of power.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from flowyml_infra.audit.sqlite import NOW
from flowyml_infra.errors import StateError
from flowyml_infra.runtime.metadata.schema import SQLITE, VERSION, check_version, upgrade, version_of
from flowyml_infra.runtime.metadata.sql_store import SqlMetadataStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from flowyml_infra.audit.chain import Execute

_BUSY_SECONDS: Final = 30.0


class SQLiteMetadataStore(SqlMetadataStore):
    """Runs in the SQLite file at ``path``.

    The file is made, or its tables upgraded, when the first run begins; reading makes nothing.

    Args:
        path: The file, or its ``sqlite:///`` URL.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        text = str(path)
        scheme, separator, rest = text.partition("://")
        if separator and scheme.lower() not in ("sqlite", "sqlite+pysqlite"):
            raise StateError(f"{text} is not a SQLite URL", code="metadata.url", hint="use sqlite:///path/to/file.db")
        self.path = Path(rest[1:].partition("?")[0] if separator else text).absolute()
        super().__init__(_File(self.path))


class _File:
    """One connection to a file; see :class:`flowyml_infra.runtime.metadata.database.RunDatabase`."""

    now = NOW

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    @property
    def uri(self) -> str:
        """The file as SQLAlchemy takes it."""
        return f"sqlite:///{self._path}"

    def prepare(self) -> None:
        """Make the file and its tables, where there are none of this version."""
        with self._translating():
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise self._refused(error) from error
            self.close()
            self._connection = connection = self._connect("rwc")
            if version_of(connection.execute, SQLITE) == VERSION:
                return
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                # A database that the stack manages keeps the journal that its definition asks for.
                connection.execute("PRAGMA journal_mode = WAL")
            with _transaction(connection):
                upgrade(connection.execute, SQLITE)

    @contextmanager
    def writing(self) -> Iterator[Execute]:
        """See :class:`flowyml_infra.runtime.metadata.database.RunDatabase`."""
        with self._translating():
            connection = self._opened("rw")
            if connection is None:
                raise StateError(f"{self._path} is gone", code="metadata.gone", hint="run the pipeline again")
            with _transaction(connection):
                yield connection.execute

    @contextmanager
    def reading(self) -> Iterator[Execute | None]:
        """See :class:`flowyml_infra.runtime.metadata.database.RunDatabase`."""
        with self._translating():
            connection = self._opened("ro")
            yield None if connection is None else connection.execute

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _opened(self, mode: str) -> sqlite3.Connection | None:
        if self._connection is None and self._path.exists():
            connection = self._connect(mode)
            version = version_of(connection.execute, SQLITE)
            check_version(version)
            if version == VERSION:
                self._connection = connection
            else:
                connection.close()
        return self._connection

    def _connect(self, mode: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(self._path))}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=_BUSY_SECONDS,
            check_same_thread=False,
        )
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> StateError:
        return StateError(
            f"the metadata store {self._path} cannot be used: {error}",
            code="metadata.unusable",
            hint="check that the path is right, writable, and a database of this library",
        )


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """With the write lock from the beginning; undone when the block raises."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
