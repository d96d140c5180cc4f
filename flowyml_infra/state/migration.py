"""Owns bringing an older state to the current schema with Alembic, in one transaction; a copy of the old is kept."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flowyml_infra.audit.sqlite import connect
from flowyml_infra.bundled import bundled_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sqlalchemy.engine import Connection, Engine

    from flowyml_infra.audit.chain import Execute, Result
    from flowyml_infra.audit.postgresql.location import PostgresLocation


def upgrade_sqlite(path: Path, *, scripts: Path | None = None) -> Path:
    """Upgrade the state in the file at ``path`` and return the copy of it as it was before.

    Killed at any moment, the file holds the old schema or the new one. Two processes may do this at once: the second
    finds nothing left to do.

    Args:
        path: The state's file.
        scripts: Alembic's environment; by default the one that ships with the library.
    """
    copy = back_up(path)
    engine = sqlite_engine(path)
    try:
        with engine.begin() as connection:
            _upgrade(connection, scripts)
    finally:
        engine.dispose()
    return copy


def upgrade_postgres(
    location: PostgresLocation, prepare: Callable[[Execute], bool], *, scripts: Path | None = None
) -> None:
    """Upgrade the state in the schema of ``location``, whole or not at all.

    What it was before is kept in a schema of its own, made in the same transaction: there is a copy exactly if there
    was an upgrade.

    Args:
        location: Where it is.
        prepare: Locks what has to be locked in the transaction of the upgrade; says whether there is anything to do.
        scripts: Alembic's environment; by default the one that ships with the library.

    Raises:
        StateError: The database refuses, for example because this user does not own the tables.
    """
    import psycopg
    import sqlalchemy
    from sqlalchemy.exc import DBAPIError

    from flowyml_infra.audit.postgresql import sessions
    from flowyml_infra.audit.postgresql.driver import is_gone, translate
    from flowyml_infra.state.schema_copy import keep_copy

    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(location.conninfo),
        poolclass=sqlalchemy.NullPool,
    )
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(
                f"SET LOCAL search_path TO \"{location.schema}\"; SET LOCAL lock_timeout TO '{sessions.BUSY_SECONDS}s'"
            )
            execute = _executor(connection)
            if prepare(execute):
                keep_copy(execute, location.schema, location.shown)
                _upgrade(connection, scripts)
    except DBAPIError as error:
        failure = error.orig if isinstance(error.orig, psycopg.Error) else psycopg.Error(str(error))
        raise translate(failure, location.shown, gone=is_gone(failure, None)) from error


def sqlite_engine(path: Path) -> Engine:
    """An engine on a SQLite file whose transactions are real ones, for DDL too.

    The driver's own way of beginning transactions leaves DDL outside of them; see "Serializable isolation" in
    SQLAlchemy's page on SQLite.
    """
    import sqlalchemy

    engine = sqlalchemy.create_engine(f"sqlite:///{path}", creator=lambda: connect(path, "rwc"))

    @sqlalchemy.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _upgrade(connection: Connection, scripts: Path | None) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts or bundled_path("state")).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _executor(connection: Connection) -> Execute:
    import sqlalchemy

    def execute(sql: str, parameters: Mapping[str, object]) -> Result:
        return connection.execute(sqlalchemy.text(sql), dict(parameters))

    return execute


def back_up(path: Path) -> Path:
    """Copy the database at ``path``, including what its log holds, to a file beside it; returns that file."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    copy = path.with_name(f"{path.name}.{stamp}.backup")
    partial = copy.with_name(copy.name + ".partial")
    with closing(connect(path, "ro")) as source, closing(sqlite3.connect(partial)) as target:
        source.backup(target)
    partial.replace(copy)
    return copy
