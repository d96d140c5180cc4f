"""Owns bringing an older SQLite state to the current schema: a copy first, then Alembic, all in one transaction."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flowyml_infra.audit.sqlite import connect
from flowyml_infra.bundled import bundled_path

if TYPE_CHECKING:
    from pathlib import Path


def upgrade_sqlite(path: Path, *, scripts: Path | None = None) -> Path:
    """Upgrade the state in the file at ``path`` and return the copy of it as it was before.

    Killed at any moment, the file holds the old schema or the new one. Two processes may do this at once: the second
    finds nothing left to do.

    Args:
        path: The state's file.
        scripts: Alembic's environment; by default the one that ships with the library.
    """
    from alembic import command
    from alembic.config import Config

    from flowyml_infra.state.alchemy import sqlite_engine

    copy = back_up(path)
    config = Config()
    config.set_main_option("script_location", str(scripts or bundled_path("state")).replace("%", "%%"))
    engine = sqlite_engine(path)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
    return copy


def back_up(path: Path) -> Path:
    """Copy the database at ``path``, including what its log holds, to a file beside it; returns that file."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    copy = path.with_name(f"{path.name}.{stamp}.backup")
    partial = copy.with_name(copy.name + ".partial")
    with closing(connect(path, "ro")) as source, closing(sqlite3.connect(partial)) as target:
        source.backup(target)
    partial.replace(copy)
    return copy
