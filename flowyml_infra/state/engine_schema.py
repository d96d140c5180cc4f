"""Owns the names of what the engine's own record needs in PostgreSQL beside a state: its schema, and who owns that."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from flowyml_infra.audit.postgresql.location import PostgresLocation

TABLE: Final = "pulumi_state"
"""The table that Pulumi makes in the schema."""
_LONGEST: Final = 63
_SUFFIX: Final = "_engine"


def engine_schema(schema: str) -> str:
    """The schema of the engine's record beside the state in ``schema``."""
    return _within(schema, _SUFFIX)


def engine_owners(location: PostgresLocation) -> str:
    """The role whose members may use the engine's record, when a role of more than one does.

    Roles are those of a whole server: the database is part of the name, so that no other one's members are these.
    """
    return _within(location.schema, f"_{_digest(location.database, 8)}{_SUFFIX}")


def _within(name: str, suffix: str) -> str:
    """``name`` and ``suffix``, of which no two names make the same however long they are."""
    whole = name + suffix
    if len(whole) <= _LONGEST:
        return whole
    mark = f"_{_digest(name, 8)}{suffix}"
    return name[: _LONGEST - len(mark)] + mark


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
