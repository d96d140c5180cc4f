"""Owns the copy of a state's PostgreSQL schema that an upgrade keeps: every table, in a schema beside it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from flowyml_infra.audit.postgresql.rights import creation_right
from flowyml_infra.errors import StateError

if TYPE_CHECKING:
    from flowyml_infra.audit.chain import Execute

_TABLES = "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = :schema ORDER BY tablename"
_SCHEMAS = "SELECT nspname FROM pg_catalog.pg_namespace"
_STAMP: Final = re.compile(r"_before_\d{8}t\d{12}z$", re.ASCII)
_LONGEST: Final = 63
"""The bytes that PostgreSQL keeps of a name."""


def keep_copy(execute: Execute, schema: str, shown: str) -> str | None:
    """Copy every table of ``schema`` in the caller's transaction; returns the name of the copy.

    The release that wrote the tables can open the copy as a state. Foreign keys alone are not copied.

    Args:
        execute: Runs a statement.
        schema: What to copy.
        shown: Where it is, for messages.

    Returns:
        The name of the new schema; None when there was nothing to copy.

    Raises:
        StateError: This role may make no schema.
    """
    tables = [row[0] for row in execute(_TABLES, {"schema": schema}).fetchall()]
    if not tables:
        return None
    right = creation_right(execute)
    if not right.given:
        raise StateError(
            f"{shown} is not upgraded, because no copy of it can be kept: {right.role} may make no schema there",
            code="state.no_copy",
            hint=f"run {right.grant} as the owner of the database, then again",
        )
    copy = _name(schema)
    execute(f'CREATE SCHEMA "{copy}"', {})
    for table in tables:
        execute(f'CREATE TABLE "{copy}"."{table}" (LIKE "{schema}"."{table}" INCLUDING ALL)', {})
        execute(f'INSERT INTO "{copy}"."{table}" SELECT * FROM "{schema}"."{table}"', {})  # noqa: S608 - names of ours
    return copy


def copies_of(execute: Execute, schema: str) -> list[str]:
    """The names of the copies that upgrades of ``schema`` kept, the oldest first."""
    names = sorted(str(row[0]) for row in execute(_SCHEMAS, {}).fetchall())
    found = ((name, _STAMP.search(name)) for name in names)
    return [name for name, stamp in found if stamp and name == schema[: _LONGEST - len(stamp[0])] + stamp[0]]


def _name(schema: str) -> str:
    stamp = datetime.now(UTC).strftime("_before_%Y%m%dt%H%M%S%fz")
    return schema[: _LONGEST - len(stamp)] + stamp
