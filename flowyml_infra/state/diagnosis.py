"""Owns what is open or damaged in a recorded state, and what the next apply will do about it; it changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from flowyml_infra.errors import CorruptStateError
from flowyml_infra.state.leases import deployment_lease, stack_lease
from flowyml_infra.state.row import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowyml_infra.audit.store import AuditStore
    from flowyml_infra.state.key import DeploymentKey
    from flowyml_infra.state.row import ResourceRow
    from flowyml_infra.state.store import LeaseState, OperationRecord, StateReader

_INTENTS: Final = {
    Status.CREATING: (
        "its creation was begun, and its end was not recorded",
        "the next apply looks it up by its creation id: it adopts what is there and makes what is not",
    ),
    Status.UPDATING: (
        "its update was begun, and its end was not recorded",
        "the next apply carries the update out again",
    ),
    Status.DELETING: (
        "its deletion was begun, and its end was not recorded",
        "the next apply finishes the deletion, whether or not the thing is there",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as an apply that went through leaves it.

    Attributes:
        status: ``working`` while somebody is at it, ``open`` when nobody is, ``damaged`` when it is not as written.
        subject: What it is about: a deployment, an address in one, a lock, the audit log.
        text: What is the case.
        next: What happens next of itself, or what to do.
    """

    status: Literal["working", "open", "damaged"]
    subject: str
    text: str
    next: str


def diagnose(reader: StateReader, audit: AuditStore) -> list[Finding]:
    """What is found in the whole state, one deployment after the other; empty when all is at rest and whole.

    Raises:
        StateError: The state cannot be read at all.
    """
    findings: list[Finding] = []
    leases = {state.name: state for state in reader.list_leases()}
    findings.extend(_lease(state) for state in leases.values())
    try:
        keys: Sequence[DeploymentKey] = reader.deployments()
    except CorruptStateError as error:
        findings.append(_damaged("the list of deployments", error))
        keys = ()
    for key in keys:
        holders = (leases.get(deployment_lease(key)), leases.get(stack_lease(key.stack)))
        working = any(state is not None and state.live for state in holders)
        findings.extend(_deployment(reader, key, working=working))
    for problem in audit.verify():
        cure = "`flowyml-infra audit verify` tells all; a copy of the log shows what it was"
        findings.append(Finding("damaged", f"audit event {problem.seq}", problem.message, cure))
    return findings


def _lease(state: LeaseState) -> Finding:
    holder = state.holder
    text = f"held by {holder.who} (process {holder.pid} on {holder.host}) since {holder.since} for {holder.operation!r}"
    if state.live:
        return Finding("working", state.name, text, "others wait, or are refused, until it ends")
    return Finding("open", state.name, f"{text}, who is gone", "the next one who wants it takes it over; nothing to do")


def _deployment(reader: StateReader, key: DeploymentKey, *, working: bool) -> Iterator[Finding]:
    try:
        snapshot = reader.snapshot(key)
        history = reader.history(key, limit=1)
    except CorruptStateError as error:
        yield _damaged(str(key), error)
        return
    try:
        reader.check_definitions(key)
    except CorruptStateError as error:
        yield Finding("damaged", str(key), error.message, f"nobody can go back to it; {error.hint}")
    yield from _operation(key, history, working=working)
    for row in snapshot.rows.values():
        if row.status in _INTENTS:
            yield _intent(key, row, working=working)
    for row in snapshot.deposed:
        subject = f"{key} {row.address}, generation {row.generation}"
        cure = "the next apply removes it"
        yield Finding("working" if working else "open", subject, "it was replaced, and is still there", cure)


def _operation(key: DeploymentKey, history: Sequence[OperationRecord], *, working: bool) -> Iterator[Finding]:
    if not history or history[0].status == "succeeded":
        return
    last = history[0]
    began = f"{last.kind} by {last.who}, begun at {last.started_at}"
    if last.status == "running" and working:
        yield Finding("working", str(key), f"{began}, is under way", "wait for it to end")
    elif last.status == "running":
        cure = "the next apply finishes what is listed here, and records that this one was interrupted"
        yield Finding("open", str(key), f"{began}, was cut off", cure)
    elif last.status in ("partial", "failed", "interrupted"):
        yield Finding("open", str(key), f"{began}, ended as {last.status}", "the next apply does what is left")


def _intent(key: DeploymentKey, row: ResourceRow, *, working: bool) -> Finding:
    text, cure = _INTENTS[row.status]
    if working:
        return Finding("working", f"{key} {row.address}", f"it is {row.status.value}", "wait for it to end")
    return Finding("open", f"{key} {row.address}", text, cure)


def _damaged(subject: str, error: CorruptStateError) -> Finding:
    cure = "restore it from a backup, or from what `flowyml-infra state pull` printed; nothing is applied until then"
    return Finding("damaged", subject, error.message, cure)
