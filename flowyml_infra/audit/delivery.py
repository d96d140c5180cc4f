"""Owns which events a webhook has got: every one, oldest first, at least once; how far that is stands in the database.

What could not be delivered is what comes after that mark, so the next command delivers it, whoever gives it.
"""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from flowyml_infra.audit.chain import read_head
from flowyml_infra.audit.store import SELECT, decode
from flowyml_infra.errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.audit.event import AuditEvent
    from flowyml_infra.audit.store import AuditStore
    from flowyml_infra.audit.webhook import Webhook

BATCH = 100
"""How many events one request carries at most."""

_READ_MARK = "SELECT value FROM meta WHERE name = :name"
_MAKE_MARK = "INSERT INTO meta (name, value) VALUES (:name, :value)"
_MOVE_MARK = (
    "UPDATE meta SET value = :value WHERE name = :name AND (CAST(value AS INTEGER) < :seq"
    " OR CAST(value AS INTEGER) > (SELECT seq FROM audit_head WHERE id = 1))"
)
_NEXT = f"{SELECT} WHERE seq > :seq ORDER BY seq LIMIT :batch"


class Undelivered(NamedTuple):
    """Why a webhook did not get everything; it gets the rest later."""

    host: str
    reason: str


def deliver(store: AuditStore, hook: Webhook) -> Undelivered | None:
    """Send what ``hook`` has not got yet, within its time; None when it has everything.

    Nothing is raised: what was done is done, whoever can be told of it.
    """
    outcome: list[Undelivered | None] = []
    # Looking up a host's name has no time limit of its own; a thread can be left behind.
    worker = threading.Thread(target=lambda: outcome.append(_deliver(store, hook)), daemon=True)
    worker.start()
    try:
        worker.join(hook.seconds)
    except KeyboardInterrupt:
        return Undelivered(hook.host, "it was not waited for")
    return outcome[0] if outcome else Undelivered(hook.host, f"it took longer than {hook.seconds:g} s")


def _deliver(store: AuditStore, hook: Webhook) -> Undelivered | None:
    from flowyml_infra.audit.webhook import post

    deadline = time.monotonic() + hook.seconds
    try:
        hook.check()
        while events := _pending(store, hook):
            reason = post(hook, events, deadline)
            if reason is not None:
                return Undelivered(hook.host, reason)
            mark(store, hook, events[-1].seq)
    except InfraError as error:
        return Undelivered(hook.host, error.message)
    return None


def _pending(store: AuditStore, hook: Webhook) -> Sequence[AuditEvent]:
    with store.database.reading() as execute:
        if execute is None:
            return []
        row = execute(_READ_MARK, {"name": _name(hook)}).fetchone()
        seq = int(row[0]) if row is not None and str(row[0]).isdecimal() else 0
        head = read_head(execute)
        if head is not None and seq > head.seq:
            # Whoever moved it, or put another log in this place: what is there has not been told.
            seq = 0
        rows = execute(_NEXT, {"seq": seq, "batch": BATCH}).fetchall()
    return [decode(row) for row in rows]


def mark(store: AuditStore, hook: Webhook, seq: int) -> None:
    """Move the mark forward; a command that delivered less at the same time does not move it back."""
    name = _name(hook)
    with store.database.transaction() as execute:
        if execute is None:
            return
        if execute(_READ_MARK, {"name": name}).fetchone() is None:
            execute(_MAKE_MARK, {"name": name, "value": "0"})
        execute(_MOVE_MARK, {"name": name, "value": str(seq), "seq": seq})


def _name(hook: Webhook) -> str:
    return f"audit.delivered.{hashlib.sha256(hook.url.encode()).hexdigest()[:16]}"
