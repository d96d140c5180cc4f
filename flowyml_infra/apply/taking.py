"""Owns taking what a look found into the recorded state: one operation, under the lease; the world stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.apply.engine import EngineContext
from flowyml_infra.apply.intents import dropped
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.errors import InfraError, StalePlanError, StateConflictError
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.state.store import ChangeRecord, DropRow, OperationStart, PutOutputs, PutRow

if TYPE_CHECKING:
    from flowyml_infra.apply.applying import Workplace
    from flowyml_infra.plan.refreshed import Refreshed
    from flowyml_infra.state.snapshot import Snapshot
    from flowyml_infra.state.store import Lease, Operation, Write


def take_in(snapshot: Snapshot, refreshed: Refreshed, place: Workplace) -> int:
    """Record what is there: rows as the world has them, no rows of what is gone; returns the serial.

    The outputs of a component whose resource is gone go too, so that nothing is bound to what is not there.

    Args:
        snapshot: What was recorded when the world was looked at.
        refreshed: What differs from it.
        place: What the work is done with.

    Raises:
        StateLockedError: Someone else works on the deployment.
        StateConflictError: The state was written since the look; nothing was recorded.
        EngineError: What is there is recorded, and an engine still has what is gone on its own record.
    """
    lease = place.store.acquire(snapshot.key, "refresh")
    try:
        operation = _begun(snapshot, refreshed, place, lease)
        operation.write(_writes(snapshot, refreshed), history=_changes(refreshed))
        try:
            _drop_from_engines(snapshot, refreshed, place, lease)
        except InfraError as error:
            operation.finish("partial")
            error.hint = "`flowyml-infra state rebuild --forget` drops from the engine's record what is gone"
            raise
        operation.finish("succeeded")
        return operation.serial
    finally:
        place.let_go(lease)


def _begun(snapshot: Snapshot, refreshed: Refreshed, place: Workplace, lease: Lease) -> Operation:
    key = snapshot.key
    facts: dict[str, object] = {
        "changed": [str(row.address) for row in refreshed.changed],
        "gone": [str(row.address) for row in refreshed.gone],
    }
    start = OperationStart("refresh", snapshot.lineage or "", snapshot.serial, place.who)
    event = AuditEvent("StateRefreshed", key.stack, key.environment, facts, place.who)
    try:
        return place.store.start(key, lease, start, event)
    except StalePlanError as error:
        raise StateConflictError(
            f"{key} was written since the world was looked at, so nothing was recorded", hint="look again"
        ) from error


def _drop_from_engines(snapshot: Snapshot, refreshed: Refreshed, place: Workplace, lease: Lease) -> None:
    """Bring the engines' own records along; an engine that has one too many of something makes nothing twice."""

    def alive() -> None:
        if not place.store.alive(lease):
            raise StateConflictError(f"the lease of {snapshot.key} was lost, so nothing more is done")

    context = EngineContext(place.root, snapshot.key, alive, snapshot.lineage or "")
    for name, engine in place.engines.items():
        gone = [dropped(row) for row in refreshed.gone if find_kind(row.address).engine == name]
        if gone:
            engine.prepare(gone, context)


def _writes(snapshot: Snapshot, refreshed: Refreshed) -> list[Write]:
    writes: list[Write] = [PutRow(row) for row in refreshed.changed]
    writes.extend(DropRow(row.address, row.generation) for row in refreshed.gone)
    lost = {row.component for row in refreshed.gone} & set(snapshot.outputs)
    if lost:
        left = {component: values for component, values in snapshot.outputs.items() if component not in lost}
        writes.append(PutOutputs(left))
    return writes


def _changes(refreshed: Refreshed) -> list[ChangeRecord]:
    return [
        *(ChangeRecord(row.address, "refresh", "succeeded") for row in refreshed.changed),
        *(ChangeRecord(row.address, "forget", "succeeded") for row in refreshed.gone),
    ]
