"""Owns the leases: who may write to which deployment, until when by the database's clock, and under which token.

The lease ``stack:NAME`` covers every deployment of the stack, so the two kinds exclude each other. A lease that expired
cannot be revived by its holder, only taken anew; its token, kept when it is released, then is a higher one.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from flowyml_infra.audit.actor import current_actor
from flowyml_infra.audit.chain import append, utc_now
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import StateError, StateLockedError
from flowyml_infra.state.heartbeat import Heartbeat
from flowyml_infra.state.process import ProcessIdentity, is_gone, this_process
from flowyml_infra.state.store import Holder, Lease, LeaseState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.state.database import Database
    from flowyml_infra.state.key import DeploymentKey

LEASE_SECONDS = 30.0
"""How long a lease outlives its holder's last sign of life."""

_POLL_SECONDS = 0.1

_GATE = "INSERT INTO leases (name, stack, token, expires_at) VALUES (:name, :stack, 0, 0) ON CONFLICT (name) DO NOTHING"
# Locks the row where the database locks rows: whoever wants a lease of the stack passes here one at a time.
_PASS_GATE = "UPDATE leases SET token = token WHERE name = :name"  # noqa: S105 - no password
_SELECT = (
    "SELECT name, token, holder_json, expires_at, CASE WHEN expires_at > {now} THEN 1 ELSE 0 END FROM leases"
    " WHERE holder_json IS NOT NULL"
)
_OF_STACK = " AND stack = :stack"
_TAKE = "UPDATE leases SET token = token + 1, holder_json = :holder, expires_at = {now} + :seconds WHERE name = :name"
_TOKEN = "SELECT token FROM leases WHERE name = :name"  # noqa: S105 - a fencing token is no secret
_EXTEND = "UPDATE leases SET expires_at = {now} + :seconds WHERE name = :name AND token = :token AND expires_at > {now}"
_ALIVE = "SELECT 1 FROM leases WHERE name = :name AND token = :token AND expires_at > {now}"
_RELEASE = "UPDATE leases SET holder_json = NULL, expires_at = 0 WHERE name = :name AND token = :token"
_BREAK = "UPDATE leases SET token = token + 1, holder_json = NULL, expires_at = 0 WHERE name = :name"


def deployment_lease(key: DeploymentKey) -> str:
    """The name of the lease of one deployment."""
    return f"deployment:{key}"


def stack_lease(stack: str) -> str:
    """The name of the lease that covers all deployments of a stack."""
    return f"stack:{stack}"


def lease_names(key: DeploymentKey) -> tuple[str, str]:
    """The leases under which a deployment may be written."""
    return deployment_lease(key), stack_lease(key.stack)


def read_leases(execute: Execute, now: str) -> list[LeaseState]:
    """Every lease that was taken and not released, by name; ``now`` is the database's expression for its time."""
    return sorted((state for state, _ in _held(execute, now)), key=lambda state: state.name)


class Leases:
    """The leases in one database; each that is taken here is kept alive by a thread.

    Args:
        database: Where they are.
        seconds: See :data:`LEASE_SECONDS`; extended three times as often.
    """

    def __init__(self, database: Database, seconds: float) -> None:
        self._database = database
        self._seconds = seconds
        self._hearts: dict[Lease, Heartbeat] = {}

    def acquire(self, name: str, stack: str, operation: str, *, wait_seconds: float = 0.0) -> Lease:
        """Take the lease ``name`` of ``stack``, waiting at most ``wait_seconds`` for it.

        Raises:
            StateLockedError: Someone else holds it, or one that covers it or that it covers.
        """
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                lease = self._take(name, stack, operation)
            except StateLockedError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(min(_POLL_SECONDS, max(0.0, deadline - time.monotonic())))
            else:
                heart = Heartbeat(partial(self.extend, lease), self._seconds / 3)
                self._hearts[lease] = heart
                return lease

    def _take(self, name: str, stack: str, operation: str) -> Lease:
        gate = stack_lease(stack)
        process = this_process()
        holder = Holder(current_actor(), process.host, process.pid, operation, utc_now())
        with self._database.transaction() as execute:
            for row in dict.fromkeys((gate, name)):
                execute(_GATE, {"name": row, "stack": stack})
            execute(_PASS_GATE, {"name": gate})
            for other, gone in _held(execute, self._database.now, stack):
                if not _excludes(other.name, name):
                    continue
                if other.live:
                    raise _locked(other)
                if gone:
                    # Its process cannot notice, but whoever looks at the lease must not think it held.
                    execute(_BREAK, {"name": other.name})
            execute(
                self._sql(_TAKE),
                {"name": name, "seconds": self._seconds, "holder": _holder_json(holder, process)},
            )
            token = execute(_TOKEN, {"name": name}).fetchone()[0]
        return Lease(name, token, holder)

    def extend(self, lease: Lease) -> bool:
        """Put off the end of ``lease``; False when it is no longer held."""
        parameters = {"name": lease.name, "token": lease.token, "seconds": self._seconds}
        with self._database.transaction() as execute:
            return execute(self._sql(_EXTEND), parameters).rowcount == 1

    def alive(self, lease: Lease) -> bool:
        """Whether ``lease`` is still held."""
        with self._database.reading() as execute:
            return execute(self._sql(_ALIVE), {"name": lease.name, "token": lease.token}).fetchone() is not None

    def release(self, lease: Lease) -> None:
        """Give ``lease`` back; harmless when it was lost.

        Where the database takes nothing any more, it runs out by itself, and is free at once when this process ends:
        what was done under it counts, and an error about that must not be hidden by one about this.
        """
        heart = self._hearts.pop(lease, None)
        if heart is not None:
            heart.stop()
        with suppress(StateError), self._database.transaction() as execute:
            execute(_RELEASE, {"name": lease.name, "token": lease.token})

    def close(self) -> None:
        """Give back every lease that was taken here."""
        for lease in list(self._hearts):
            self.release(lease)

    def break_lease(self, name: str, reason: str, who: str) -> Holder:
        """Take the lease ``name`` from its holder, whose writes fail from now on; recorded in the audit chain.

        Raises:
            StateError: Nobody holds it.
        """
        with self._database.transaction() as execute:
            held = {state.name: state for state in read_leases(execute, self._database.now)}
            if name not in held:
                raise StateError(
                    f"nobody holds {name!r}",
                    code="state.not_locked",
                    hint=did_you_mean(name, held) or "`flowyml-infra lock list` shows what is held",
                )
            execute(_BREAK, {"name": name})
            append(execute, [_break_event(held[name], reason, who)])
        return held[name].holder

    def _sql(self, text: str) -> str:
        return text.format(now=self._database.now)


def _held(execute: Execute, now: str, stack: str | None = None) -> list[tuple[LeaseState, bool]]:
    sql = _SELECT.format(now=now) + ("" if stack is None else _OF_STACK)
    rows: Sequence[Any] = execute(sql, {} if stack is None else {"stack": stack}).fetchall()
    return [_read(row) for row in rows]


def _read(row: Any) -> tuple[LeaseState, bool]:  # noqa: ANN401 - a driver's row
    """The lease in a row, and whether its holder's process is known to be gone."""
    name, token, holder_json, expires_at, unexpired = row
    data = json.loads(holder_json)
    process = ProcessIdentity.from_json(data)
    holder = Holder(data["who"], process.host, process.pid, data["operation"], data["since"])
    gone = is_gone(process)
    until = datetime.fromtimestamp(expires_at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return LeaseState(name, token, holder, until, bool(unexpired) and not gone), gone


def _holder_json(holder: Holder, process: ProcessIdentity) -> str:
    return json.dumps({"who": holder.who, "operation": holder.operation, "since": holder.since, **process.to_json()})


def _excludes(held: str, wanted: str) -> bool:
    """Of one stack's leases: two deployments go together, everything else does not."""
    return held == wanted or held.startswith("stack:") or wanted.startswith("stack:")


def _locked(state: LeaseState) -> StateLockedError:
    holder = state.holder
    scope, _, what = state.name.partition(":")
    subject = f"the stack {what}" if scope == "stack" else what
    return StateLockedError(
        f"{subject} is locked by {holder.who} (process {holder.pid} on {holder.host}) since {holder.since} for "
        f"{holder.operation!r}",
        hint="wait for it to end; `flowyml-infra lock list` shows all locks, and "
        f"`flowyml-infra lock release {state.name}` breaks this one when its holder is lost",
        detail=f"it is held as {state.name} until {state.expires_at}, and extended while its holder works",
    )


def _break_event(state: LeaseState, reason: str, who: str) -> AuditEvent:
    stack, _, environment = state.name.partition(":")[2].partition("@")
    facts = {
        "lease": state.name,
        "token": state.token,
        "reason": reason,
        "holder": {"who": state.holder.who, "host": state.holder.host, "pid": state.holder.pid},
        "held_for": state.holder.operation,
        "since": state.holder.since,
    }
    return AuditEvent("LeaseBroken", stack, environment or None, facts, who)
