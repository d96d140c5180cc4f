"""Owns what a role may do in a PostgreSQL database, as the server tells it.

See https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-ACCESS-TABLE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from flowyml_infra.audit.chain import Execute

_SCHEMA: Final = "SELECT has_schema_privilege(oid, 'USAGE') FROM pg_catalog.pg_namespace WHERE nspname = :schema"
_CREATE: Final = "SELECT current_database(), current_user, has_database_privilege(current_database(), 'CREATE')"


class CreationRight(NamedTuple):
    """Whether a role may make schemas in a database, and what grants that."""

    database: str
    role: str
    given: bool

    @property
    def grant(self) -> str:
        """The statement by which the database's owner gives it."""
        return f'GRANT CREATE ON DATABASE "{self.database}" TO "{self.role}"'


def may_use(execute: Execute, schema: str) -> bool | None:
    """Whether this role may use ``schema``; None where there is no such schema."""
    found = execute(_SCHEMA, {"schema": schema}).fetchone()
    return None if found is None else bool(found[0])


def creation_right(execute: Execute) -> CreationRight:
    """The right of this role to make schemas."""
    return CreationRight(*execute(_CREATE, {}).fetchone())
