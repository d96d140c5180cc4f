"""Owns which schema this release works with, and whether a database has it; it loads neither SQLAlchemy nor Alembic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from flowyml_infra.audit.event import GENESIS
from flowyml_infra.bundled import bundled_path
from flowyml_infra.errors import CorruptStateError, StateError

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from flowyml_infra.audit.chain import Execute

REVISION = "0003"
"""The newest migration in ``state/versions``; revisions are numbers, so that older and newer can be told apart."""

FORMAT = "1"
"""How the contents are written: JSON encodings, digests, tokens."""

Condition = Literal["empty", "older", "current"]

# As Alembic makes it.
_VERSION_TABLE = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,"
    " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)
_SEEDS: tuple[tuple[str, dict[str, object]], ...] = (
    (_VERSION_TABLE, {}),
    ("INSERT INTO alembic_version (version_num) VALUES (:revision)", {"revision": REVISION}),
    ("INSERT INTO meta (name, value) VALUES ('format', :format)", {"format": FORMAT}),
    ("INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, :genesis)", {"genesis": GENESIS}),
)


_MOVED = "SELECT value FROM meta WHERE name = 'moved_to'"
_MARK_MOVED = "INSERT INTO meta (name, value) VALUES ('moved_to', :url)"


def mark_moved(execute: Execute, url: str) -> None:
    """Refuse this state to everybody from now on, because it is at ``url``."""
    execute(_MARK_MOVED, {"url": url})


def check_not_moved(execute: Execute, here: str) -> None:
    """Make sure that the state is still here.

    Raises:
        StateError: It was moved; says where to.
    """
    row = execute(_MOVED, {}).fetchone()
    if row is not None:
        raise StateError(
            f"the state of {here} was moved to {row[0]}",
            code="state.moved",
            hint="name the new place in `state.url` of flowyml.yaml or in FLOWYML_STATE_URL, with the password if any",
        )


def condition(execute: Execute, tables: AbstractSet[str], url: str) -> Condition:
    """Whether the database has no tables yet, those of an older release, or the current ones.

    Raises:
        StateError: It belongs to a newer release, or is no state database at all.
        CorruptStateError: The record of its version is gone or unreadable.
    """
    if not tables:
        return "empty"
    if "alembic_version" not in tables:
        raise StateError(
            f"{url} is a database, but not one of this library's state",
            code="state.foreign",
            hint="give the state a file or database of its own",
        )
    if "meta" in tables:
        check_not_moved(execute, url)
    row = execute("SELECT version_num FROM alembic_version", {}).fetchone()
    revision = str(row[0]) if row else ""
    if not revision.isdecimal():
        raise CorruptStateError(f"{url} does not say which schema it has")
    kept = execute("SELECT value FROM meta WHERE name = 'format'", {}).fetchone() if "meta" in tables else None
    written = str(kept[0]) if kept else ""
    if not written.isdecimal():
        raise CorruptStateError(f"{url} does not say which format it has")
    if int(revision) > int(REVISION) or int(written) > int(FORMAT):
        raise StateError(
            f"{url} was written by a newer flowyml-infra (schema {revision}, format {written}; this one knows "
            f"{REVISION} and {FORMAT})",
            code="state.newer",
            hint="upgrade flowyml-infra on this machine",
        )
    return "older" if int(revision) < int(REVISION) else "current"


def create(execute: Execute, dialect_name: str) -> None:
    """Make every table in the caller's transaction, as the migrations would, without running them.

    For SQLite the statements are kept in a file, because writing them anew takes SQLAlchemy, which costs more to load
    than everything else that a first plan does.
    """
    for sql in _kept_statements() if dialect_name == "sqlite" else statements(dialect_name):
        execute(sql, {})
    for sql, parameters in _SEEDS:
        execute(sql, parameters)


def statements(dialect_name: str) -> list[str]:
    """The statements that make every table and index in this dialect."""
    from sqlalchemy.engine.url import URL
    from sqlalchemy.schema import CreateIndex, CreateTable

    from flowyml_infra.state.tables import metadata

    dialect = URL.create(dialect_name).get_dialect()()
    made: list[str] = []
    for table in metadata.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        indexes = sorted(table.indexes, key=lambda item: str(item.name))
        made.extend(str(CreateIndex(index).compile(dialect=dialect)) for index in indexes)
    return [sql.strip() for sql in made]


def _kept_statements() -> list[str]:
    text = bundled_path("state", "sqlite.sql").read_text(encoding="utf-8")
    return [sql.strip() for sql in text.split(";\n") if sql.strip()]
