"""Owns the chain of audit events in SQL: appending to it and finding what was done to it.

The statements use named parameters and nothing of one dialect, so that ``execute`` may be a ``sqlite3`` connection's
or one that wraps SQLAlchemy. The caller owns the transaction: an event commits with the change that it tells of.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from flowyml_infra.audit.actor import current_actor
from flowyml_infra.audit.event import GENESIS, AuditEvent, event_hash
from flowyml_infra.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    Execute = Callable[[str, Mapping[str, object]], "Result"]

COLUMNS = "seq, at, name, stack, environment, who, data_json, previous, hash"

# The head's row lock makes writers queue, so that each sees the hash of the one before.
_ADVANCE = "UPDATE audit_head SET seq = seq + :count WHERE id = 1"
_HEAD = "SELECT seq, hash FROM audit_head WHERE id = 1"
_SET_HEAD = "UPDATE audit_head SET hash = :hash WHERE id = 1"
_INSERT = (
    f"INSERT INTO audit ({COLUMNS}) VALUES"  # noqa: S608 - constants only
    " (:seq, :at, :name, :stack, :environment, :who, :data_json, :previous, :hash)"
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


class ChainProblem(NamedTuple):
    """Something that was done to the chain; ``seq`` is the position it shows at."""

    seq: int
    message: str


def utc_now() -> str:
    """The time as the library writes it: UTC, ISO 8601, microseconds, ``Z``."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def canonical_data(data: Mapping[str, object]) -> str:
    """The one text for an event's facts; what cannot be encoded as UTF-8 is replaced."""
    text = json.dumps(dict(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()


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
        event_done, data_json = _complete(event, seq, previous)
        execute(_INSERT, _parameters(event_done, data_json))
        previous = event_done.hash
        done.append(event_done)
    execute(_SET_HEAD, {"hash": previous})
    return done


def read_head(execute: Execute) -> Head | None:
    """The recorded end of the chain, or None when that record is gone."""
    row = execute(_HEAD, {}).fetchone()
    return None if row is None else Head(row[0], row[1])


def read_event(row: Sequence[Any]) -> AuditEvent:
    """The event in a row of :data:`COLUMNS`.

    Raises:
        ValueError: Its facts are not a JSON object.
    """
    data = json.loads(row[6])
    if not isinstance(data, dict):
        raise ValueError("the facts of an event are a JSON object")  # noqa: TRY004 - the caller treats both alike
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
    )


def verify(events: Iterable[AuditEvent], head: Head | None) -> list[ChainProblem]:
    """What is wrong with the whole chain ``events``, oldest first, whose end was recorded as ``head``.

    Finds edited, added, removed and reordered events, and a chain that was cut short. It cannot find a chain that was
    rewritten as a whole together with its head.
    """
    problems: list[ChainProblem] = []
    last = Head()
    for event in events:
        if event.seq != last.seq + 1:
            problems.append(
                ChainProblem(event.seq, f"event {last.seq + 1} was expected here: one was removed or moved")
            )
        if event.previous != last.hash:
            problems.append(ChainProblem(event.seq, "it does not continue the event before it"))
        if event_hash(event) != event.hash:
            problems.append(ChainProblem(event.seq, "it was edited: its hash does not fit its content"))
        last = Head(event.seq, event.hash)
    if head is None:
        problems.append(ChainProblem(last.seq, "the record of the chain's end is missing"))
    elif head != last:
        problems.append(
            ChainProblem(last.seq, f"the chain should end with event {head.seq}: its end was cut or replaced")
        )
    return problems


def _complete(event: AuditEvent, seq: int, previous: str) -> tuple[AuditEvent, str]:
    data_json = canonical_data(event.data)
    event = event._replace(
        seq=seq,
        previous=previous,
        at=event.at or utc_now(),
        who=event.who or current_actor(),
        data=json.loads(data_json),
    )
    return event._replace(hash=event_hash(event)), data_json


def _parameters(event: AuditEvent, data_json: str) -> dict[str, object]:
    return {
        "seq": event.seq,
        "at": event.at,
        "name": event.name,
        "stack": event.stack,
        "environment": event.environment,
        "who": event.who,
        "data_json": data_json,
        "previous": event.previous,
        "hash": event.hash,
    }
