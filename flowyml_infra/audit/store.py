"""Owns reading the audit chain of a state database, and adding to it what changes no state; it creates no database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowyml_infra.audit.chain import (
    COLUMNS,
    ChainProblem,
    Head,
    append,
    canonical_data,
    read_event,
    read_head,
    verify,
)
from flowyml_infra.audit.databases import chain_database
from flowyml_infra.audit.location import default_url, nearest_project
from flowyml_infra.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.audit.event import AuditEvent

_SELECT = f"SELECT {COLUMNS} FROM audit"  # noqa: S608 - a constant


class AuditStore:
    """The events of one state database.

    Args:
        url: The state's URL; by default ``FLOWYML_STATE_URL``, else the nearest project's own state.
        project_root: What a relative URL is relative to; by default the nearest folder with a flowyml.yaml.
    """

    def __init__(self, url: str | None = None, *, project_root: Path | None = None) -> None:
        self._database = chain_database(url or default_url(), project_root or nearest_project(Path.cwd()))

    def get_events(
        self,
        stack_name: str | None = None,
        *,
        environment: str | None = None,
        name: str | None = None,
        limit: int | None = None,
    ) -> list[AuditEvent]:
        """The events that fit, oldest first; with ``limit`` the latest that many, still oldest first.

        Raises:
            AuditError: An event cannot be read.
            CorruptStateError: The database is damaged.
        """
        wanted = {"stack": stack_name, "environment": environment, "name": name}
        given: dict[str, object] = {column: value for column, value in wanted.items() if value is not None}
        where = " AND ".join(f"{column} = :{column}" for column in given)
        sql = f"{_SELECT}{' WHERE ' + where if where else ''} ORDER BY seq DESC"
        if limit is not None:
            sql, given = f"{sql} LIMIT :limit", {**given, "limit": max(0, limit)}
        with self._database.reading() as execute:
            rows: Sequence[Any] = [] if execute is None else execute(sql, given).fetchall()
        return [_decode(row) for row in reversed(rows)]

    def verify(self) -> list[ChainProblem]:
        """What is wrong with the chain, see :func:`flowyml_infra.audit.chain.verify`; empty when nothing is.

        Raises:
            CorruptStateError: The database is damaged.
        """
        with self._database.reading() as execute:
            if execute is None:
                return []
            return verify_rows(execute(f"{_SELECT} ORDER BY seq", {}).fetchall(), read_head(execute))

    def append(self, events: Sequence[AuditEvent]) -> bool:
        """Add ``events`` in a transaction of their own; False, with nothing done, when there is no database yet.

        Raises:
            AuditError: The chain has no end to append to.
            StateError: The database cannot be written.
        """
        if not events:
            return True
        with self._database.transaction() as execute:
            if execute is None:
                return False
            append(execute, events)
        return True


def verify_rows(rows: Sequence[Sequence[Any]], head: Head | None) -> list[ChainProblem]:
    """As :func:`flowyml_infra.audit.chain.verify`, over rows as stored: also finds facts that are not JSON."""
    events: list[AuditEvent] = []
    problems: list[ChainProblem] = []
    for row in rows:
        try:
            event = read_event(row)
        except (ValueError, TypeError):
            problems.append(ChainProblem(row[0], "it was edited: its facts cannot be read"))
            continue
        if canonical_data(event.data) != row[6]:
            problems.append(ChainProblem(row[0], "it was edited: its facts are not written as this library does"))
        events.append(event)
    return problems + verify(events, head)


def _decode(row: Sequence[Any]) -> AuditEvent:
    try:
        return read_event(row)
    except (ValueError, TypeError) as error:
        raise AuditError(f"audit event {row[0]} cannot be read", hint="run `flowyml-infra audit verify`") from error
