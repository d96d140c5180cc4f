"""Owns which rights a role needs in PostgreSQL to work on a state that another role owns; it grants nothing itself."""

from __future__ import annotations

import re
from typing import Final

from flowyml_infra.errors import UsageError

_ROLE: Final = re.compile(r"[^\x00-\x1f\x7f\"]{1,63}")

_WRITES: Final = {
    "acknowledgements": "INSERT, UPDATE, DELETE",
    "alembic_version": "",
    "audit": "INSERT",
    "audit_head": "UPDATE",
    "data_keys": "INSERT",
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
    if not _ROLE.fullmatch(role):
        raise UsageError(
            f"{role!r} cannot be the name of a role", code="usage.role", hint="name a role that PostgreSQL knows"
        )
    statements = [f'GRANT USAGE ON SCHEMA "{schema}" TO "{role}";']
    for table, writes in _WRITES.items():
        rights = "SELECT" if read_only or not writes else f"SELECT, {writes}"
        statements.append(f'GRANT {rights} ON "{schema}".{table} TO "{role}";')
    return statements
