"""Owns the state database behind a SQLAlchemy engine: the way to every database but the embedded one."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy.exc import DBAPIError

from flowyml_infra.audit.sqlite import connect, translate
from flowyml_infra.errors import StateError
from flowyml_infra.state import schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sqlalchemy.engine import Connection, Engine

    from flowyml_infra.audit.chain import Execute, Result

_text = lru_cache(maxsize=256)(sqlalchemy.text)


def sqlite_engine(path: Path) -> Engine:
    """An engine on a SQLite file whose transactions are real ones, for DDL too.

    The driver's own way of beginning transactions leaves DDL outside of them; see "Serializable isolation" in
    SQLAlchemy's page on SQLite.
    """
    engine = sqlalchemy.create_engine(f"sqlite:///{path}", creator=lambda: connect(path, "rwc"))

    @sqlalchemy.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


class AlchemyDatabase:
    """The database behind ``engine``.

    Args:
        engine: Opens a connection for every transaction, from its pool.
        now: See :class:`flowyml_infra.state.database.Database`.
        path: The file behind it, if it is one; for error messages.
    """

    def __init__(self, engine: Engine, now: str, path: Path) -> None:
        self.now = now
        self._engine = engine
        self._path = path

    @property
    def url(self) -> str:
        """Where it is; a password is left out."""
        return self._engine.url.render_as_string(hide_password=True)

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        """See :class:`flowyml_infra.state.database.Database`."""
        with self._errors(), self._engine.begin() as connection:
            yield _executor(connection)

    @contextmanager
    def reading(self) -> Iterator[Execute]:
        """See :class:`flowyml_infra.state.database.Database`."""
        with self._errors(), self._engine.execution_options(reading=True).connect() as connection:
            yield _executor(connection)

    def tables(self) -> frozenset[str]:
        """See :class:`flowyml_infra.state.database.Database`."""
        with self._errors():
            return frozenset(sqlalchemy.inspect(self._engine).get_table_names())

    def create_schema(self) -> None:
        """See :class:`flowyml_infra.state.database.Database`."""
        if self._engine.dialect.name == "sqlite":
            with self._errors(), self._engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                driver.execute("PRAGMA journal_mode = WAL")
        with self._errors(), self._engine.begin() as connection:
            if not sqlalchemy.inspect(connection).get_table_names():
                schema.create(_executor(connection), self._engine.dialect.name)

    def upgrade_schema(self) -> None:
        """See :class:`flowyml_infra.state.database.Database`."""
        from flowyml_infra.state.migration import upgrade_sqlite

        with self._errors():
            upgrade_sqlite(self._path)

    def close(self) -> None:
        """Close the pool."""
        self._engine.dispose()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if isinstance(error.orig, sqlite3.Error):
                raise translate(error.orig, self._path) from error
            raise StateError(f"{self.url} cannot be used: {error.orig}", code="state.io") from error
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise translate(error, self._path) from error


def _executor(connection: Connection) -> Execute:
    def execute(sql: str, parameters: Mapping[str, object]) -> Result:
        return connection.execute(_text(sql), dict(parameters))

    return execute
