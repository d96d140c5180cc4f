"""Owns how the SQLite file that holds state and chain is opened, and what its errors mean to a user."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from flowyml_infra.errors import CorruptStateError, StateError

if TYPE_CHECKING:
    from pathlib import Path

NOW = "((julianday('now') - 2440587.5) * 86400.0)"
"""The SQL expression of a database's own clock, in seconds since 1970 with fractions."""

BUSY_SECONDS = 15.0
"""How long a statement waits for another process's transaction; transactions here take milliseconds."""

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH})
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_PRAGMAS = (
    "PRAGMA synchronous = FULL",  # a commit is on the disk before the engine is called
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
)


def connect(path: Path, mode: Literal["ro", "rw", "rwc"]) -> sqlite3.Connection:
    """A connection in autocommit mode, usable from any one thread at a time.

    ``ro`` and ``rw`` never create the file.

    Raises:
        sqlite3.Error: The file cannot be opened.
        UnicodeDecodeError: It is so damaged that the driver cannot even say how.
    """
    connection = _open(path, f"mode={mode}")
    try:
        for pragma in _PRAGMAS[1:] if mode == "ro" else _PRAGMAS:
            connection.execute(pragma)
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if mode != "ro" or _code(error) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        return _open_immutable(path, error)
    except (sqlite3.Error, UnicodeDecodeError):
        connection.close()
        raise
    return connection


def _open(path: Path, parameters: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(path))}?{parameters}",
        uri=True,
        isolation_level=None,
        timeout=BUSY_SECONDS,
        check_same_thread=False,
        cached_statements=256,
    )


def _open_immutable(path: Path, error: sqlite3.OperationalError) -> sqlite3.Connection:
    """Open a file on a medium that takes no shared-memory file, unless its log holds commits that would be missed."""
    log = path.with_name(path.name + "-wal")
    if not path.exists() or (log.exists() and log.stat().st_size > 0):
        raise error
    return _open(path, "mode=ro&immutable=1")


def translate(error: sqlite3.Error | UnicodeError, path: Path) -> StateError:
    """The error that a user should see instead of ``error``."""
    code = _code(error)
    if isinstance(error, sqlite3.ProgrammingError):
        return StateError(f"{path} cannot be used: {error}", code="state.closed")
    if code in _BUSY:
        return StateError(
            f"{path} is in use by another process that does not let go",
            code="state.busy",
            hint="try again; `flowyml-infra lock list` shows who works on which deployment",
        )
    if isinstance(error, UnicodeError) or code is None or code in _DAMAGED:
        return CorruptStateError(
            f"{path} is damaged: {error}",
            hint="restore the file from a backup; nothing was written to it",
        )
    if code & 0xFF == sqlite3.SQLITE_READONLY:
        return StateError(
            f"{path} may only be read",
            code="state.readonly",
            hint="work as somebody who may write the file and its folder",
        )
    return StateError(
        f"{path} cannot be used: {error}",
        code="state.io",
        hint="check that the disk has room and that the file and its folder may be written",
    )


def _code(error: Exception) -> int | None:
    extended = getattr(error, "sqlite_errorcode", None)
    return None if extended is None else int(extended) & 0xFF
