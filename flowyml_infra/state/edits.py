"""Owns what a person does to recorded state by hand: give a resource another address, forget it, export it.

Infrastructure is not touched. Each edit is an operation of its own, under the lease, with history and an audit event.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from flowyml_infra.audit.actor import current_actor
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import StateError
from flowyml_infra.resources.values import Json, encode
from flowyml_infra.state.row import encode_json
from flowyml_infra.state.store import ChangeRecord, DropRow, MoveRow, OperationStart, PutRow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.state.key import DeploymentKey
    from flowyml_infra.state.row import ResourceRow
    from flowyml_infra.state.snapshot import Snapshot
    from flowyml_infra.state.store import OperationKind, StateReader, StateStore, Write

    Admit: TypeAlias = Callable[[Snapshot], None]

EXPORT_FORMAT = "1"


def move_resource(
    store: StateStore, key: DeploymentKey, source: Address, target: Address, admit: Admit = lambda _: None
) -> int:
    """Give what is recorded at ``source`` the address ``target``, also where others depend on it; returns the serial.

    ``admit`` is called under the lease before anything is written, with what is recorded, and raises to refuse.

    Raises:
        StateError: Nothing is recorded at ``source``, something is at ``target``, or they differ in provider or kind.
        StateLockedError: Someone else works on the deployment.
    """

    def writes(snapshot: Snapshot) -> list[Write]:
        _check_present(snapshot, source)
        _check_target(snapshot, source, target)
        admit(snapshot)
        dependents = [row for row in _all_rows(snapshot) if source in row.dependencies]
        moved: list[Write] = [PutRow(_redirect(row, source, target)) for row in dependents]
        return [*moved, MoveRow(source, target)]

    change = ChangeRecord(target, "move", "succeeded")
    facts: dict[str, object] = {"source": str(source), "target": str(target)}
    return _edit(store, key, "state mv", writes, (change, "ResourceMoved", facts))


def remove_resource(store: StateStore, key: DeploymentKey, address: Address, admit: Admit = lambda _: None) -> int:
    """Forget what is recorded at ``address``, all generations, and leave the thing itself alone; returns the serial.

    ``admit`` is as for :func:`move_resource`.

    Raises:
        StateError: Nothing is recorded there.
        StateLockedError: Someone else works on the deployment.
    """

    def writes(snapshot: Snapshot) -> list[Write]:
        _check_present(snapshot, address)
        admit(snapshot)
        return [DropRow(row.address, row.generation) for row in _all_rows(snapshot) if row.address == address]

    change = ChangeRecord(address, "forget", "succeeded")
    return _edit(store, key, "state rm", writes, (change, "ResourceForgotten", {"address": str(address)}))


def pull(reader: StateReader, key: DeploymentKey) -> dict[str, Json]:
    """The deployment as one JSON document: its record, its rows with all columns, its outputs. Secrets stay sealed.

    Raises:
        StateError: There is no such deployment.
    """
    snapshot = reader.snapshot(key)
    if not snapshot.exists:
        raise no_deployment(key, [str(other) for other in reader.deployments()])
    return {
        "format_version": EXPORT_FORMAT,
        "deployment": {
            "stack": key.stack,
            "environment": key.environment,
            "lineage": snapshot.lineage,
            "serial": snapshot.serial,
            "definition_digest": snapshot.definition_digest,
            "plan_digest": snapshot.plan_digest,
        },
        "resources": [_export(row) for row in _all_rows(snapshot)],
        "outputs": {component: encode(values) for component, values in sorted(snapshot.outputs.items())},
    }


def _edit(
    store: StateStore,
    key: DeploymentKey,
    kind: OperationKind,
    writes: Callable[[Snapshot], Sequence[Write]],
    record: tuple[ChangeRecord, str, dict[str, object]],
) -> int:
    change, event_name, facts = record
    who = current_actor()
    lease = store.acquire(key, kind)
    try:
        snapshot = store.snapshot(key)
        if snapshot.lineage is None:
            raise no_deployment(key, [str(other) for other in store.deployments()])
        planned = writes(snapshot)
        start = OperationStart(kind, snapshot.lineage, snapshot.serial, who)
        event = AuditEvent(event_name, key.stack, key.environment, facts, who)
        operation = store.start(key, lease, start, event)
        operation.write(planned, history=[change])
        operation.finish("succeeded")
        return operation.serial
    finally:
        store.release(lease)


def _check_present(snapshot: Snapshot, address: Address) -> None:
    if address not in snapshot.rows:
        raise StateError(
            f"nothing is recorded at {address} in {snapshot.key}",
            code="state.no_such_resource",
            address=address,
            hint=did_you_mean(address, snapshot.rows) or "`flowyml-infra state list` shows what is recorded",
        )


def _check_target(snapshot: Snapshot, source: Address, target: Address) -> None:
    if target in snapshot.rows:
        raise StateError(
            f"something is already recorded at {target} in {snapshot.key}",
            code="state.exists",
            address=target,
            hint=f"choose another name, or forget that one first with `flowyml-infra state rm {target}`",
        )
    if (source.provider, source.kind) != (target.provider, target.kind):
        raise StateError(
            f"{source} cannot become {target}: a resource keeps its provider and kind",
            code="state.other_kind",
            address=source,
            hint=f"only the last part may change, for example {source.provider}.{source.kind}.{target.name}",
        )


def _redirect(row: ResourceRow, source: Address, target: Address) -> ResourceRow:
    addresses = sorted({str(target if item == source else item) for item in row.dependencies})
    return replace(row, dependencies_json=encode_json(list(addresses)))


def _all_rows(snapshot: Snapshot) -> list[ResourceRow]:
    rows = [*snapshot.rows.values(), *snapshot.deposed]
    return sorted(rows, key=lambda row: (row.address, row.generation))


def _export(row: ResourceRow) -> dict[str, Json]:
    return {
        "address": str(row.address),
        "generation": row.generation,
        "status": row.status.value,
        "creation_id": row.creation_id,
        "spec_digest": row.spec_digest,
        "properties": json.loads(row.properties_json),
        "outputs": json.loads(row.outputs_json),
        "dependencies": json.loads(row.dependencies_json),
        "lifecycle": json.loads(row.lifecycle_json),
        "children": json.loads(row.children_json),
        "physical_id": row.physical_id,
        "component": row.component,
        "serial": row.serial,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def no_deployment(key: DeploymentKey, known: Sequence[str]) -> StateError:
    """The error that nothing is recorded of ``key``; ``known`` are the deployments of which something is."""
    return StateError(
        f"nothing is recorded of {key}",
        code="state.no_such_deployment",
        hint=did_you_mean(str(key), known) or "apply it first with `flowyml-infra apply`",
    )
