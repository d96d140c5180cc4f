"""Owns the tables of a metadata store in SQLite and their version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.errors import StateError

if TYPE_CHECKING:
    import sqlite3

VERSION: Final = 1
"""Of the tables. A store of a later version is refused; one of an earlier version is upgraded step by step."""

_VERSION_1: Final = (
    "CREATE TABLE flowyml_metadata (version INTEGER NOT NULL)",
    "INSERT INTO flowyml_metadata VALUES (1)",
    """CREATE TABLE runs (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        pipeline TEXT NOT NULL,
        status TEXT NOT NULL,
        who TEXT NOT NULL,
        process_json TEXT NOT NULL,
        heartbeat REAL NOT NULL,
        orchestrator TEXT NOT NULL,
        params_json TEXT NOT NULL,
        stack TEXT NOT NULL,
        environment TEXT NOT NULL,
        lineage TEXT,
        serial INTEGER,
        plan_digest TEXT,
        output_digest TEXT,
        policy_digest TEXT,
        artifact_store TEXT NOT NULL,
        started_at TEXT NOT NULL,
        finished_at TEXT,
        error TEXT
    )""",
    "CREATE INDEX runs_by_pipeline ON runs (pipeline, seq)",
    """CREATE TABLE steps (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs (seq),
        name TEXT NOT NULL,
        status TEXT NOT NULL,
        cached INTEGER NOT NULL,
        source INTEGER REFERENCES steps (id),
        attempts INTEGER NOT NULL,
        seconds REAL NOT NULL,
        started_at TEXT NOT NULL,
        cache_key TEXT NOT NULL,
        params_json TEXT NOT NULL,
        resources_json TEXT,
        error TEXT,
        UNIQUE (run, name)
    )""",
    "CREATE INDEX steps_by_key ON steps (cache_key, id) WHERE status = 'succeeded' AND cached = 0 AND cache_key <> ''",
    """CREATE TABLE artifacts (
        id INTEGER PRIMARY KEY,
        digest TEXT NOT NULL,
        store TEXT NOT NULL,
        size INTEGER NOT NULL,
        format TEXT NOT NULL,
        type TEXT NOT NULL,
        UNIQUE (digest, store, format, type)
    )""",
    """CREATE TABLE links (
        step INTEGER NOT NULL REFERENCES steps (id),
        direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
        name TEXT NOT NULL,
        artifact INTEGER NOT NULL REFERENCES artifacts (id),
        PRIMARY KEY (step, direction, name)
    ) WITHOUT ROWID""",
    "CREATE INDEX links_by_artifact ON links (artifact)",
    """CREATE TABLE metrics (
        id INTEGER PRIMARY KEY,
        step INTEGER NOT NULL REFERENCES steps (id),
        name TEXT NOT NULL,
        value REAL,
        attempt INTEGER NOT NULL,
        logged_at TEXT NOT NULL
    )""",
    "CREATE INDEX metrics_by_step ON metrics (step)",
)

UPGRADES: Final[tuple[tuple[str, ...], ...]] = (_VERSION_1,)
"""The statements that lead to version 1, from there to version 2, and so on."""


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the tables; 0 when there are none.

    Raises:
        StateError: The database has tables of these names that are something else.
    """
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "flowyml_metadata" in names:
        return int(connection.execute("SELECT version FROM flowyml_metadata").fetchone()[0])
    if names & {"runs", "steps", "artifacts", "links", "metrics"}:
        raise StateError(
            "the database has tables of its own and is no metadata store",
            code="metadata.foreign",
            hint="give the metadata store a database of its own",
        )
    return 0


def check_version(version: int) -> None:
    """Refuse tables that this release does not know.

    Raises:
        StateError: They are of a later release.
    """
    if version > VERSION:
        raise StateError(
            f"the metadata store has version {version}, this release knows up to {VERSION}",
            code="metadata.newer",
            hint="upgrade flowyml-infra",
        )


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring the tables to :data:`VERSION` in one transaction; a process that comes second finds it done.

    Raises:
        StateError: They are of a later release, or the database is something else.
    """
    connection.execute("BEGIN IMMEDIATE")
    version = version_of(connection)
    check_version(version)
    for statements in UPGRADES[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute("UPDATE flowyml_metadata SET version = ?", (VERSION,))
    connection.execute("COMMIT")
