"""Owns the state database in a schema of a PostgreSQL server: its tables, made and upgraded one client at a time."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flowyml_infra.audit.postgresql.driver import forbidden
from flowyml_infra.audit.postgresql.rights import creation_right, may_use
from flowyml_infra.audit.postgresql.sessions import NOW, PostgresSessions
from flowyml_infra.errors import StateError, StateForbiddenError
from flowyml_infra.state import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.audit.postgresql.location import PostgresLocation

_TABLES = "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = :schema"
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(:key)"
_REVISION = "SELECT version_num FROM alembic_version"
# Whoever writes passes the fence, which reads the first and locks a row of the second.
_ALONE = "LOCK TABLE leases, deployments, registered_stacks, data_keys, audit_head IN SHARE ROW EXCLUSIVE MODE"
_STOP_WRITERS = "LOCK TABLE alembic_version, deployments IN ACCESS EXCLUSIVE MODE"


class PostgresDatabase:
    """The tables in the schema of ``location``; see :class:`flowyml_infra.state.database.Database`."""

    now = NOW
    hold = " FOR SHARE"

    def __init__(self, location: PostgresLocation) -> None:
        self._sessions = PostgresSessions(location)
        self._schema = location.schema

    @property
    def url(self) -> str:
        """Where it is, without password and options."""
        return self._sessions.location.shown

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        """See :class:`flowyml_infra.state.database.Database`."""
        with self._sessions.transaction() as execute:
            yield execute

    @contextmanager
    def alone(self) -> Iterator[Execute]:
        """See :class:`flowyml_infra.state.database.Database`; others may read."""
        with self.transaction() as execute:
            execute(_ALONE, {})
            yield execute

    @contextmanager
    def reading(self) -> Iterator[Execute]:
        """See :class:`flowyml_infra.state.database.Database`."""
        with self._sessions.reading() as execute:
            yield execute

    def tables(self) -> frozenset[str]:
        """See :class:`flowyml_infra.state.database.Database`."""
        with self.reading() as execute:
            if may_use(execute, self._schema) is False:
                raise forbidden(self.url, f"permission denied for schema {self._schema}")
            return self._tables(execute)

    def create_schema(self) -> None:
        """See :class:`flowyml_infra.state.database.Database`; makes the schema, too, when there is none."""
        with self.transaction() as execute:
            execute(_ONE_AT_A_TIME, {"key": _lock_key(self._schema)})
            if may_use(execute, self._schema) is None:
                self._check_may_create(execute)
                execute(f'CREATE SCHEMA "{self._schema}"', {})
            if not self._tables(execute):
                schema.create(execute, "postgresql")

    def _check_may_create(self, execute: Execute) -> None:
        right = creation_right(execute)
        if not right.given:
            raise StateForbiddenError(
                f"there is no state at {self.url}, and {right.role} may make none",
                hint=f"check the schema in the URL, or run, as the owner of the database, {right.grant}",
            )

    def upgrade_schema(self) -> None:
        """See :class:`flowyml_infra.state.database.Database`; the copy is in a schema of its own.

        Raises:
            StateError: Somebody works on a deployment, with the release that these tables are of; or no copy
                can be kept.
        """
        from flowyml_infra.state.migration import upgrade_postgres

        upgrade_postgres(self._sessions.location, self._may_upgrade)

    def _may_upgrade(self, execute: Execute) -> bool:
        """Whether there is something to upgrade, with everybody else kept out until the transaction ends."""
        from flowyml_infra.state.leases import read_leases

        execute(_ONE_AT_A_TIME, {"key": _lock_key(self._schema)})
        if execute(_REVISION, {}).fetchone()[0] == schema.REVISION:
            return False
        execute(_STOP_WRITERS, {})
        held = [state for state in read_leases(execute, self.now) if state.live]
        if held:
            raise StateError(
                f"{self.url} cannot be upgraded while {held[0].holder.who} works on {held[0].name}",
                code="state.busy",
                hint="wait for it to end; `flowyml-infra lock list`, with the older release, shows all that work",
            )
        return True

    def _tables(self, execute: Execute) -> frozenset[str]:
        return frozenset(row[0] for row in execute(_TABLES, {"schema": self._schema}).fetchall())

    def close(self) -> None:
        """Close the connections."""
        self._sessions.close()


def _lock_key(schema_name: str) -> int:
    """A number of 64 bits that no other program is likely to lock in the same database."""
    digest = hashlib.sha256(f"flowyml-infra schema {schema_name}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
