"""Owns which rights a role needs in PostgreSQL to work on a state that another role owns; it grants nothing itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flowyml_infra.errors import UsageError
from flowyml_infra.state.engine_schema import TABLE, engine_owners, engine_schema

if TYPE_CHECKING:
    from flowyml_infra.audit.postgresql.location import PostgresLocation

_ROLE: Final = re.compile(r"[^\x00-\x1f\x7f\"]{1,63}")

_WRITES: Final = {
    "acknowledgements": "INSERT, UPDATE, DELETE",
    "alembic_version": "",
    "audit": "INSERT",
    "audit_head": "UPDATE",
    "data_keys": "INSERT",
    "definitions": "INSERT, UPDATE",
    "deployments": "INSERT, UPDATE",
    "leases": "INSERT, UPDATE",
    "looks": "INSERT, UPDATE",
    "meta": "INSERT, UPDATE",
    "operation_changes": "INSERT, UPDATE",
    "operations": "INSERT, UPDATE",
    "outputs": "INSERT, DELETE",
    "registered_stacks": "INSERT, UPDATE, DELETE",
    "resources": "INSERT, UPDATE, DELETE",
    "used_plans": "INSERT",
}
"""What an apply does to each table, besides reading it."""


def grants(schema: str, role: str, *, read_only: bool = False) -> list[str]:
    """The statements that let ``role`` work on the state in ``schema``; its owner runs them, after every upgrade anew.

    A role with these can neither change tables nor edit or remove audit events. One that may only read can plan and
    look; its plans leave no audit event.

    Args:
        schema: The state's schema.
        role: Who is to work on it.
        read_only: Whether for reading alone.

    Raises:
        UsageError: ``role`` cannot be a role's name.
    """
    _check(role)
    statements = [f'GRANT USAGE ON SCHEMA "{schema}" TO "{role}";']
    for table, writes in _WRITES.items():
        rights = "SELECT" if read_only or not writes else f"SELECT, {writes}"
        statements.append(f'GRANT {rights} ON "{schema}".{table} TO "{role}";')
    return statements


def engine_grants(location: PostgresLocation, role: str, *, read_only: bool = False) -> list[str]:
    """The statements that let ``role`` work with the engine's own record; run by who may make roles, in that database.

    Pulumi asserts its table and an index whenever it connects, and PostgreSQL lets only a table's owner do that. So the
    table is a group's, of which ``role`` becomes a member, and so does the owner of the state. It owns nothing else.
    A role that only looks reads the table, also one that is made later, and is no member.

    Args:
        location: Where the state is.
        role: Who is to apply things in clouds and clusters, or to look at them.
        read_only: Whether for looking alone.

    Raises:
        UsageError: ``role`` cannot be a role's name.
    """
    _check(role)
    schema, group = engine_schema(location.schema), engine_owners(location)
    group_of_the_owner = (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{group}') THEN "  # noqa: S608 - plain names
        f'CREATE ROLE "{group}" NOLOGIN; END IF; '
        f"EXECUTE format('GRANT %I TO %I', '{group}', (SELECT pg_get_userbyid(nspowner) FROM pg_namespace "
        f"WHERE nspname = '{location.schema}')); END $$;"
    )
    looks = (
        f'GRANT USAGE ON SCHEMA "{schema}" TO "{role}";',
        f'GRANT SELECT ON ALL TABLES IN SCHEMA "{schema}" TO "{role}";',
        f'ALTER DEFAULT PRIVILEGES FOR ROLE "{group}" IN SCHEMA "{schema}" GRANT SELECT ON TABLES TO "{role}";',
    )
    return [
        group_of_the_owner,
        f'CREATE SCHEMA IF NOT EXISTS "{schema}";',
        f'ALTER SCHEMA "{schema}" OWNER TO "{group}";',
        f'ALTER TABLE IF EXISTS "{schema}".{TABLE} OWNER TO "{group}";',
        *(looks if read_only else (f'GRANT "{group}" TO "{role}";',)),
    ]


def _check(role: str) -> None:
    if not _ROLE.fullmatch(role):
        raise UsageError(
            f"{role!r} cannot be the name of a role", code="usage.role", hint="name a role that PostgreSQL knows"
        )
