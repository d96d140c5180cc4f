"""Owns reading the audit chain of a state database, and adding to it what changes no state; it creates no database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowyml_infra.audit.chain import COLUMNS, append, read_event, read_head
from flowyml_infra.audit.databases import chain_database
from flowyml_infra.audit.head import SeenHead
from flowyml_infra.audit.location import default_url, nearest_project
from flowyml_infra.audit.notes import Notes, place_of
from flowyml_infra.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.audit.event import AuditEvent
    from flowyml_infra.audit.verification import ChainProblem, Verdict

SELECT = f"SELECT {COLUMNS} FROM audit"  # noqa: S608 - a constant
_HASHES = "SELECT hash FROM audit ORDER BY seq"
_CONDITIONS = {
    "stack": "stack = :stack",
    "environment": "environment = :environment",
    "name": "name = :name",
    "who": "(lower(who) LIKE :who ESCAPE '!' OR lower(origin_json) LIKE :who ESCAPE '!')",
    "since": "at >= :since",
    "until": "at < :until",
}


class AuditStore:
    """The events of one state database.

    Args:
        url: The state's URL; by default ``FLOWYML_STATE_URL``, else the nearest project's own state.
        project_root: What a relative URL is relative to; by default the nearest folder with a flowyml.yaml.

    Attributes:
        database: Where the chain is.
        notes: What this user noted of it.
    """

    def __init__(self, url: str | None = None, *, project_root: Path | None = None) -> None:
        url, root = url or default_url(), project_root or nearest_project(Path.cwd())
        self.database = chain_database(url, root)
        self.notes = Notes(place_of(url, root))

    def get_events(
        self,
        stack_name: str | None = None,
        *,
        environment: str | None = None,
        name: str | None = None,
        who: str | None = None,
        since: str | None = None,
        until: str | None = None,
        limit: int | None = None,
    ) -> list[AuditEvent]:
        """The events that fit, oldest first; with ``limit`` the latest that many, still oldest first.

        Args:
            stack_name: Of this stack.
            environment: Of this environment.
            name: With this name.
            who: Whose actor or origin holds this text, in capitals or not.
            since: At this time or later; UTC, ISO 8601.
            until: Before this time.
            limit: At most so many.

        Raises:
            AuditError: An event cannot be read.
            CorruptStateError: The database is damaged.
        """
        wanted = {"stack": stack_name, "environment": environment, "name": name, "since": since, "until": until}
        wanted["who"] = None if who is None else f"%{_literal(who.lower())}%"
        given: dict[str, object] = {column: value for column, value in wanted.items() if value is not None}
        where = " AND ".join(_CONDITIONS[column] for column in given)
        sql = f"{SELECT}{' WHERE ' + where if where else ''} ORDER BY seq DESC"
        if limit is not None:
            sql, given = f"{sql} LIMIT :limit", {**given, "limit": max(0, limit)}
        with self.database.reading() as execute:
            rows: Sequence[Any] = [] if execute is None else execute(sql, given).fetchall()
        return [decode(row) for row in reversed(rows)]

    def verify(self) -> list[ChainProblem]:
        """What is wrong with the chain, in itself and against what this user noted; empty when nothing is.

        Raises:
            CorruptStateError: The database is damaged.
        """
        return list(self.inspect().problems)

    def inspect(self) -> Verdict:
        """As :meth:`verify`, with what the verdict rests on.

        Raises:
            CorruptStateError: The database is damaged.
        """
        from flowyml_infra.audit.verification import judge, verify_rows

        noted = self.notes.read()
        with self.database.reading() as execute:
            rows: Sequence[Any] = [] if execute is None else execute(f"{SELECT} ORDER BY seq", {}).fetchall()
            problems = [] if execute is None else verify_rows(rows, read_head(execute))
        verdict = judge([row[8] for row in rows], problems, noted)
        if not verdict.problems:
            self.notes.condense()
        return verdict

    def hashes(self) -> list[str]:
        """The hashes of all events, oldest first.

        Raises:
            CorruptStateError: The database is damaged.
        """
        with self.database.reading() as execute:
            return [] if execute is None else [row[0] for row in execute(_HASHES, {}).fetchall()]

    def append(self, events: Sequence[AuditEvent]) -> bool:
        """Add ``events`` in a transaction of their own; False, with nothing done, when there is no database yet.

        Raises:
            AuditError: The chain has no end to append to.
            StateError: The database cannot be written.
        """
        if not events:
            return True
        with self.database.transaction() as execute:
            if execute is None:
                return False
            done = append(execute, events)
        self.notes.add(SeenHead(done[-1].seq, done[-1].hash, done[-1].at))
        return True


def decode(row: Sequence[Any]) -> AuditEvent:
    """The event in a row.

    Raises:
        AuditError: It cannot be read.
    """
    try:
        return read_event(row)
    except (ValueError, TypeError) as error:
        raise AuditError(f"audit event {row[0]} cannot be read", hint="run `flowyml-infra audit verify`") from error


def _literal(text: str) -> str:
    """``text`` as a LIKE pattern that matches it alone."""
    for special in "!%_":
        text = text.replace(special, f"!{special}")
    return text
