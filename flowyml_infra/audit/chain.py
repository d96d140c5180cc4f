"""Owns the chain of audit events in SQL: appending to it, and reading its rows and the record of its end.

The statements use named parameters and nothing of one dialect, so that ``execute`` may be a ``sqlite3`` connection's
or one that wraps SQLAlchemy. The caller owns the transaction: an event commits with the change that it tells of.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from flowyml_infra.audit.actor import current_actor
from flowyml_infra.audit.event import GENESIS, AuditEvent, canonical_json, event_hash
from flowyml_infra.audit.origin import current_origin
from flowyml_infra.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    Execute = Callable[[str, Mapping[str, object]], "Result"]

COLUMNS = "seq, at, name, stack, environment, who, data_json, previous, hash, origin_json"

# The head's row lock makes writers queue, so that each sees the hash of the one before.
_ADVANCE = "UPDATE audit_head SET seq = seq + :count WHERE id = 1"
_HEAD = "SELECT seq, hash FROM audit_head WHERE id = 1"
_SET_HEAD = "UPDATE audit_head SET hash = :hash WHERE id = 1"
_INSERT = (
    f"INSERT INTO audit ({COLUMNS}) VALUES"  # noqa: S608 - constants only
    " (:seq, :at, :name, :stack, :environment, :who, :data_json, :previous, :hash, :origin_json)"
)


class Result(Protocol):
    """What a statement gave; both ``sqlite3.Cursor`` and SQLAlchemy's result have these."""

    @property
    def rowcount(self) -> int:
        """How many rows the statement changed."""

    def __iter__(self) -> Iterator[Any]: ...

    def fetchone(self) -> Any:  # noqa: ANN401 - a tuple, or a Row that acts as one
        """The next row, or None."""

    def fetchall(self) -> Sequence[Any]:
        """All rows that are left."""


class Head(NamedTuple):
    """The end of the chain as recorded beside it: how many events there are, and the hash of the last."""

    seq: int = 0
    hash: str = GENESIS


def utc_now() -> str:
    """The time as the library writes it: UTC, ISO 8601, microseconds, ``Z``."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def append(execute: Execute, events: Iterable[AuditEvent]) -> list[AuditEvent]:
    """Add ``events`` to the end of the chain inside the caller's transaction; returns them completed.

    Raises:
        AuditError: The head record is missing, so that the chain has no end to append to.
    """
    pending = list(events)
    if not pending:
        return []
    execute(_ADVANCE, {"count": len(pending)})
    head = read_head(execute)
    if head is None:
        raise AuditError("the head record of the audit chain is missing", hint="run `flowyml-infra audit verify`")
    done: list[AuditEvent] = []
    previous = head.hash
    for seq, event in enumerate(pending, head.seq - len(pending) + 1):
        complete = _complete(event, seq, previous)
        execute(_INSERT, _parameters(complete))
        previous = complete.hash
        done.append(complete)
    execute(_SET_HEAD, {"hash": previous})
    return done


def read_head(execute: Execute) -> Head | None:
    """The recorded end of the chain, or None when that record is gone."""
    row = execute(_HEAD, {}).fetchone()
    return None if row is None else Head(row[0], row[1])


def read_event(row: Sequence[Any]) -> AuditEvent:
    """The event in a row of :data:`COLUMNS`.

    Raises:
        ValueError: Its facts or its origin are not a JSON object.
    """
    data, origin = json.loads(row[6]), json.loads(row[9])
    if not isinstance(data, dict) or not isinstance(origin, dict):
        raise ValueError("the facts and the origin of an event are JSON objects")  # noqa: TRY004 - the caller treats both alike
    return AuditEvent(
        name=row[2],
        stack=row[3],
        environment=row[4],
        data=data,
        who=row[5],
        at=row[1],
        seq=row[0],
        previous=row[7],
        hash=row[8],
        origin=origin,
    )


def _complete(event: AuditEvent, seq: int, previous: str) -> AuditEvent:
    """``event`` as it will be read again: with its place in the chain, and only what JSON and UTF-8 can say."""
    filled = event._replace(
        seq=seq,
        previous=previous,
        at=event.at or utc_now(),
        who=event.who or current_actor(),
        origin=event.origin or current_origin(),
    )
    plain = AuditEvent(**json.loads(canonical_json(filled.to_json())))
    return plain._replace(hash=event_hash(plain))


def _parameters(event: AuditEvent) -> dict[str, object]:
    return {
        "seq": event.seq,
        "at": event.at,
        "name": event.name,
        "stack": event.stack,
        "environment": event.environment,
        "who": event.who,
        "data_json": canonical_json(event.data),
        "previous": event.previous,
        "hash": event.hash,
        "origin_json": canonical_json(event.origin),
    }
