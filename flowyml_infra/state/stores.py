"""Owns the table from a state URL's scheme to the backend that serves it; a new backend is one line here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flowyml_infra.audit.location import POSTGRES_SCHEMES, SQLITE_SCHEMES, url_scheme
from flowyml_infra.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowyml_infra.state.database import Database
    from flowyml_infra.state.encryption.master_key import KeySource
    from flowyml_infra.state.sql_store import SqlStore
    from flowyml_infra.state.sqlite_reader import SqliteReader


class Backend(NamedTuple):
    """How the URLs of one scheme are opened.

    Attributes:
        database: Opens the database of a store; takes the URL and the project's folder.
        light_reader: Opens a reader that loads no third party; None where reading takes the store.
    """

    database: Callable[[str, Path], Database]
    light_reader: Callable[[str, Path, KeySource | None], SqliteReader] | None = None


def open_store(
    url: str,
    *,
    project_root: Path | None = None,
    key_source: KeySource | None = None,
    lease_seconds: float | None = None,
    encrypt_rows: bool = False,
) -> SqlStore:
    """The state at ``url``, made when there is none and upgraded when it is older.

    Args:
        url: For example ``sqlite:///.flowyml/state.db``.
        project_root: What a relative path is relative to; by default the working directory.
        key_source: Gives the master key; by default ``FLOWYML_STATE_KEY``, ``FLOWYML_STATE_KEY_FILE``, the user's own.
        lease_seconds: How long a lease outlives its holder's last sign of life; by default ``leases.LEASE_SECONDS``.
        encrypt_rows: Encrypt records whole, from the next operation on; see ``state.encryption`` in flowyml.yaml.

    Raises:
        StateError: Nothing serves the scheme, or the database cannot be used or belongs to a newer release.
    """
    from flowyml_infra.state.sql_store import SqlStore

    database = _backend(url).database(url, project_root or Path.cwd())
    try:
        return SqlStore(database, key_source=key_source, lease_seconds=lease_seconds, encrypt_rows=encrypt_rows)
    except StateError:
        database.close()
        raise


def open_reader(
    url: str, *, project_root: Path | None = None, key_source: KeySource | None = None
) -> SqliteReader | SqlStore:
    """The state at ``url`` for reading alone; of SQLite nothing is made, and nothing but the standard library loaded.

    A state of an older release is opened as a store, because it has to be upgraded before it can be read.

    Args:
        url: For example ``sqlite:///.flowyml/state.db``.
        project_root: What a relative path is relative to; by default the working directory.
        key_source: See :func:`open_store`.

    Raises:
        StateError: Nothing serves the scheme, or the database cannot be used or belongs to a newer release.
    """
    light_reader = _backend(url).light_reader
    if light_reader is not None:
        reader = light_reader(url, project_root or Path.cwd(), key_source)
        if not reader.outdated():
            return reader
    return open_store(url, project_root=project_root, key_source=key_source)


def _sqlite(url: str, root: Path) -> Database:
    from flowyml_infra.audit.location import sqlite_path
    from flowyml_infra.state.sqlite import SqliteDatabase

    return SqliteDatabase(sqlite_path(url, root), create=True)


def _sqlite_reader(url: str, root: Path, key_source: KeySource | None) -> SqliteReader:
    from flowyml_infra.audit.location import sqlite_path
    from flowyml_infra.state.sqlite_reader import SqliteReader

    return SqliteReader(sqlite_path(url, root), key_source=key_source)


def _postgres(url: str, root: Path) -> Database:  # noqa: ARG001 - as every backend
    from flowyml_infra.audit.postgresql.location import parse_location
    from flowyml_infra.state.postgresql import PostgresDatabase

    return PostgresDatabase(parse_location(url))


BACKENDS = {
    **dict.fromkeys(SQLITE_SCHEMES, Backend(_sqlite, _sqlite_reader)),
    **dict.fromkeys(POSTGRES_SCHEMES, Backend(_postgres)),
}
"""Every backend by the scheme of its URLs."""


def _backend(url: str) -> Backend:
    scheme = url_scheme(url)
    if scheme not in BACKENDS:
        raise StateError(
            f"no state backend serves {scheme}://",
            code="state.url",
            hint=f"use one of {', '.join(sorted(BACKENDS))}",
        )
    return BACKENDS[scheme]
