"""Owns writing what is recorded anew under the newest data key; one deployment at a time, each under its lease."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.audit.actor import current_actor
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.resources.values import Sealed, leaves, transform
from flowyml_infra.state.row import encode_values
from flowyml_infra.state.store import ChangeRecord, OperationStart, PutDefinition, PutOutputs, PutRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowyml_infra.resources.values import Leaf, Value
    from flowyml_infra.state.definitions import StoredDefinition
    from flowyml_infra.state.key import DeploymentKey
    from flowyml_infra.state.row import ResourceRow
    from flowyml_infra.state.snapshot import Snapshot
    from flowyml_infra.state.sql_store import SqlStore

BATCH = 200
"""How many rows one transaction writes; what a crash leaves for the next time is what was not written yet."""


def reseal(store: SqlStore) -> int:
    """Seal every secret anew that is sealed under an older data key; returns how many records were written.

    Records that are encrypted whole, or are to be, are written anew in any case.

    Raises:
        StateLockedError: Somebody works on a deployment; those before it are done.
        CorruptStateError: A secret cannot be opened; nothing of its batch was written.
    """
    return sum(_reseal_deployment(store, key) for key in store.deployments())


def _reseal_deployment(store: SqlStore, key: DeploymentKey) -> int:
    lease = store.acquire(key, "state rotate-key")
    try:
        snapshot = store.snapshot(key)
        rows, outputs = _stale_rows(store, snapshot), _stale_outputs(store, snapshot)
        definitions = _stale_definitions(store, key)
        if not rows and outputs is None and not definitions:
            return 0
        who = current_actor()
        start = OperationStart("state rotate-key", str(snapshot.lineage), snapshot.serial, who)
        facts: dict[str, object] = {"rows": len(rows)}
        operation = store.start(key, lease, start, AuditEvent("StateResealed", key.stack, key.environment, facts, who))
        for batch in _batches(rows):
            history = [ChangeRecord(row.address, "reseal", "succeeded") for row in batch]
            operation.write([PutRow(_resealed(store, snapshot, row)) for row in batch], history=history)
        if outputs is not None:
            operation.write([PutOutputs(outputs)])
        for definition in definitions:
            operation.write([PutDefinition(definition)])
        operation.finish("succeeded")
        return len(rows) + (outputs is not None) + len(definitions)
    finally:
        store.release(lease)


def _stale_rows(store: SqlStore, snapshot: Snapshot) -> list[ResourceRow]:
    rows = [*snapshot.rows.values(), *snapshot.deposed]
    if store.encrypts_rows():
        return rows
    return [row for row in rows if _stale(store, row.properties) or _stale(store, row.outputs)]


def _stale_outputs(store: SqlStore, snapshot: Snapshot) -> dict[str, dict[str, Value]] | None:
    outputs = dict(snapshot.outputs)
    if not outputs or not (store.encrypts_rows() or any(_stale(store, values) for values in outputs.values())):
        return None
    return {
        component: _anew(store, f"{snapshot.lineage}/outputs/{component}", values)
        for component, values in outputs.items()
    }


def _stale_definitions(store: SqlStore, key: DeploymentKey) -> list[StoredDefinition]:
    found = (store.resealed_definition(key, digest) for digest in store.check_definitions(key))
    return [definition for definition in found if definition is not None]


def _stale(store: SqlStore, values: Mapping[str, Value]) -> bool:
    sealed = [leaf for _, leaf in leaves(dict(values)) if isinstance(leaf, Sealed)]
    return any(not store.sealer().is_current(leaf) for leaf in sealed)


def _resealed(store: SqlStore, snapshot: Snapshot, row: ResourceRow) -> ResourceRow:
    context = f"{snapshot.lineage}/{row.creation_id}"
    return replace(
        row,
        properties_json=encode_values(_anew(store, context, row.properties)),
        outputs_json=encode_values(_anew(store, context, row.outputs)),
    )


def _anew(store: SqlStore, context: str, values: Mapping[str, Value]) -> dict[str, Value]:
    sealer = store.sealer()

    def change(_path: str, leaf: Leaf) -> Value:
        if not isinstance(leaf, Sealed) or sealer.is_current(leaf):
            return leaf
        return sealer.seal(sealer.unseal(leaf, context), context)

    return {name: transform(value, change, name) for name, value in values.items()}


def _batches(rows: Sequence[ResourceRow]) -> Iterator[Sequence[ResourceRow]]:
    for begin in range(0, len(rows), BATCH):
        yield rows[begin : begin + BATCH]
