"""Owns Pulumi's records beside a state in PostgreSQL, in a schema of their own."""

from __future__ import annotations

import base64
import os
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.apply.engines.pulumi.backend_access import Access
from flowyml_infra.apply.engines.pulumi.backends import PROJECT
from flowyml_infra.apply.engines.pulumi.postgres_access import access
from flowyml_infra.audit.postgresql.location import parse_location
from flowyml_infra.audit.postgresql.rights import creation_right
from flowyml_infra.audit.postgresql.sessions import PostgresSessions
from flowyml_infra.errors import EngineUnavailableError
from flowyml_infra.state.engine_schema import TABLE, engine_schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.audit.postgresql.location import PostgresLocation

_OWNER: Final = """
SELECT pg_get_userbyid(nspowner), pg_has_role(nspowner, 'MEMBER') FROM pg_catalog.pg_namespace WHERE nspname = :schema
"""
_ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"
_EVERYBODY: Final = "flowyml-infra"
_LONGEST_STACK: Final = 49
"""How much of a stack's name fits behind it into the 63 characters that PostgreSQL keeps of a client's name."""
_CUT_OFF: Final = """
SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE datname = current_database() AND application_name = :name AND pg_has_role(usesysid, 'USAGE')
"""
_ACT_AS: Final = "SELECT set_config('role', :owner, true)"
_THERE: Final = "SELECT to_regclass(:table) IS NOT NULL"
_READABLE: Final = """
SELECT has_schema_privilege(oid, 'USAGE') AND COALESCE(has_table_privilege(to_regclass(:table), 'SELECT'), true)
FROM pg_catalog.pg_namespace WHERE nspname = :schema
"""


@dataclass(frozen=True, slots=True)
class PostgresBackend:
    """A schema beside that of the state at ``url``; who works with it acts as its owner, and so owns the table, too.

    Pulumi asserts its table each time that it connects, and only a table's owner may do that. Who only looks needs no
    more than to read it: the CLI is given a copy in files.
    """

    url: str = field(repr=False)

    def used(self) -> bool:
        """See :class:`flowyml_infra.apply.engines.pulumi.backends.Backend`."""
        with self._transaction() as execute:
            return self._readable(execute) or self._owner(execute) is not None

    def reach(self, folder: Path, stack: str, *, looks: bool) -> Access:
        """See :class:`flowyml_infra.apply.engines.pulumi.backends.Backend`.

        The CLI of an apply that was killed on another machine may still be at work, and would write its record over
        ours. Its connections are ended; it can open no other, because its password went with the process that had it.
        """
        if looks:
            return Access(f"file://{self._copied(folder / 'record', stack)}")
        location = self._location()
        name = f"{_EVERYBODY} {stack[-_LONGEST_STACK:]}"
        with self._transaction() as execute:
            owner = self._owner(execute) or self._created(execute)
            execute(_CUT_OFF, {"name": name})
        session = {
            "application_name": name,
            "search_path": location.schema,
            **({} if owner is None else {"role": owner}),
        }
        return access({"connect_timeout": "10"} | dict(location.parameters) | session, folder, os.environ)

    def locked(self, stack: str) -> bool:
        """See :class:`flowyml_infra.apply.engines.pulumi.backends.Backend`."""
        with self._table() as execute:
            if execute is None:
                return False
            sql = f"SELECT EXISTS (SELECT FROM {TABLE} WHERE starts_with(key, :beginning))"  # noqa: S608 - a constant
            found = execute(sql, {"beginning": f".pulumi/locks/organization/{PROJECT}/{stack}/"}).fetchone()
            return bool(found[0])

    def prune(self, stack: str) -> None:
        """See :class:`flowyml_infra.apply.engines.pulumi.backends.Backend`."""
        self._remove(f".pulumi/history/{PROJECT}/{stack}/")

    def clear(self, stack: str) -> None:
        """See :class:`flowyml_infra.apply.engines.pulumi.backends.Backend`."""
        self._remove(f".pulumi/stacks/{PROJECT}/{stack}.json.")

    def _copied(self, folder: Path, stack: str) -> Path:
        """What is recorded of ``stack``, as Pulumi has it in a folder; in PostgreSQL each file is a row, in base64."""
        marker, record = ".pulumi/meta.yaml", f".pulumi/stacks/{PROJECT}/{stack}.json"
        (folder / record).parent.mkdir(parents=True)
        with self._table(looks=True) as execute:
            if execute is not None:
                sql = f"SELECT key, data ->> 'data' FROM {TABLE} WHERE key IN (:marker, :record, :zipped)"  # noqa: S608
                for key, text in execute(sql, {"marker": marker, "record": record, "zipped": f"{record}.gz"}):
                    (folder / key).write_bytes(base64.b64decode(text))
        return folder

    def _remove(self, beginning: str) -> None:
        with self._table() as execute:
            if execute is not None:
                sql = f"DELETE FROM {TABLE} WHERE starts_with(key, :beginning)"  # noqa: S608 - a constant
                execute(sql, {"beginning": beginning})

    def _location(self) -> PostgresLocation:
        location = parse_location(self.url)
        return replace(location, schema=engine_schema(location.schema))

    @contextmanager
    def _transaction(self) -> Iterator[Execute]:
        sessions = PostgresSessions(self._location())
        try:
            with sessions.transaction() as execute:
                yield execute
        finally:
            sessions.close()

    @contextmanager
    def _table(self, *, looks: bool = False) -> Iterator[Execute | None]:
        """The table, used as its owner unless it is only looked at; None when nothing was recorded yet."""
        with self._transaction() as execute:
            if not (looks and self._readable(execute)):
                owner = self._owner(execute)
                if owner is not None:
                    execute(_ACT_AS, {"owner": owner})
            yield execute if execute(_THERE, {"table": TABLE}).fetchone()[0] else None

    def _readable(self, execute: Execute) -> bool:
        """Whether the schema is there, and what is recorded in it, if anything, may be read."""
        found: Any = execute(_READABLE, {"table": TABLE, "schema": self._location().schema}).fetchone()
        return bool(found and found[0])

    def _owner(self, execute: Execute) -> str | None:
        """Who owns the schema; None when there is none.

        Raises:
            EngineUnavailableError: This role may not act as that one.
        """
        found: Any = execute(_OWNER, {"schema": self._location().schema}).fetchone()
        if found is None:
            return None
        if not found[1]:
            raise self._forbidden()
        return str(found[0])

    def _created(self, execute: Execute) -> str | None:
        location = self._location()
        execute(_ONE_AT_A_TIME, {"name": f"flowyml-infra engine {location.schema}"})
        owner = self._owner(execute)
        if owner is not None:
            return owner
        if not creation_right(execute).given:
            raise self._forbidden()
        execute(f'CREATE SCHEMA "{location.schema}"', {})
        return self._owner(execute)

    def _forbidden(self) -> EngineUnavailableError:
        location = self._location()
        return EngineUnavailableError(
            f"the engine keeps its record in the schema {location.schema} beside {location.shown.partition('?')[0]}, "
            "and this user may not use it",
            code="engine.backend_rights",
            hint="`flowyml-infra state grants ROLE --engine` prints what a role needs that is to apply, and with "
            "--read-only what one needs that is to look",
        )
