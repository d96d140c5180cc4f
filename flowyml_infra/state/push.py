"""Owns the taking back of an exported state: what the document has to be, and the writes that make it the record."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from types import NoneType
from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.address import Address
from flowyml_infra.audit.actor import current_actor
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.diagnostics import Diagnostic
from flowyml_infra.errors import InfraError, StateError
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.resources.values import Sealed, Variable, decode, leaves
from flowyml_infra.state.edits import EXPORT_FORMAT
from flowyml_infra.state.row import ResourceRow, Status, encode_json
from flowyml_infra.state.store import ChangeRecord, DropRow, OperationStart, PutOutputs, PutRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowyml_infra.resources.values import Json, Value
    from flowyml_infra.state.edits import Admit
    from flowyml_infra.state.key import DeploymentKey
    from flowyml_infra.state.snapshot import Snapshot
    from flowyml_infra.state.store import StateStore

_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "address": str,
    "generation": int,
    "status": str,
    "creation_id": str,
    "spec_digest": str,
    "properties": dict,
    "outputs": dict,
    "dependencies": list,
    "lifecycle": dict,
    "children": list,
    "physical_id": (str, type(None)),
    "component": (str, type(None)),
    "created_at": str,
}
"""What each exported resource has; its serial and the time of its last write are made anew."""
_JSON_NAMES: Final = {str: "a text", int: "a whole number", dict: "an object", list: "a list"}


@dataclass(frozen=True, slots=True)
class Export:
    """A document that ``state pull`` printed, read.

    Attributes:
        stack: The stack's name.
        environment: The environment's name.
        lineage: The deployment's lineage.
        serial: Its serial when it was exported.
        rows: Its rows, each address and generation once.
        outputs: Its component outputs.
    """

    stack: str
    environment: str
    lineage: str
    serial: int
    rows: tuple[ResourceRow, ...]
    outputs: Mapping[str, dict[str, Value]]


def read_export(text: str, name: str) -> Export:
    """The export that ``text`` is; ``name`` says where it was read.

    Raises:
        StateError: It is none; ``diagnostics`` lists every problem.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _refused(f"{name} is no JSON document: {error}") from error
    if not isinstance(document, dict) or document.get("format_version") != EXPORT_FORMAT:
        raise _refused(f"{name} is no exported state of format {EXPORT_FORMAT}")
    problems: list[str] = []
    deployment = _part(document, "deployment", dict, problems)
    rows = [_row(item, f"resources[{index}]", problems) for index, item in _items(document, problems)]
    head = {
        key: _part(deployment, key, int if key == "serial" else str, problems, "deployment.")
        for key in ("stack", "environment", "lineage", "serial")
    }
    outputs = _outputs(_part(document, "outputs", dict, problems), problems)
    problems.extend(_twice([row for row in rows if row is not None]))
    if problems:
        found = [Diagnostic("error", "state.export", f"{name}: {problem}") for problem in problems]
        raise StateError(f"{name} is no sound export of a state", code="state.export", diagnostics=found)
    return Export(**head, rows=tuple(row for row in rows if row is not None), outputs=outputs)


def push(
    store: StateStore, key: DeploymentKey, export: Export, *, force: bool = False, admit: Admit = lambda _: None
) -> tuple[int, int]:
    """Make ``export`` the recorded state of ``key``; returns the serial and how many rows were written or dropped.

    Infrastructure is not touched. What is recorded already as it is exported stays as it is.

    Args:
        store: The state.
        key: The deployment.
        export: What is to be recorded.
        force: Push although the state was written since it was exported.
        admit: Called under the lease before anything is written, with what is recorded; raises to refuse.

    Raises:
        StateError: It is of another deployment or lineage, older than what is recorded, or sealed under another key.
        StateLockedError: Someone else works on the deployment.
    """
    who = current_actor()
    lease = store.acquire(key, "state push")
    try:
        snapshot = store.snapshot(key)
        _check_same(key, export, snapshot, force=force)
        _check_sealed(store, export)
        admit(snapshot)
        writes = _writes(export, snapshot)
        start = OperationStart("state push", export.lineage, snapshot.serial, who)
        facts: dict[str, object] = {"serial": export.serial, "rows": len(writes), "forced": force}
        event = AuditEvent("StatePushed", key.stack, key.environment, facts, who)
        operation = store.start(key, lease, start, event)
        touched = sorted({write.row.address if isinstance(write, PutRow) else write.address for write in writes})
        history = [ChangeRecord(address, "push", "succeeded") for address in touched]
        outputs = [PutOutputs(export.outputs)] if dict(export.outputs) != dict(snapshot.outputs) else []
        if writes or outputs:
            operation.write([*writes, *outputs], history=history)
        operation.finish("succeeded")
        return operation.serial, len(writes)
    finally:
        store.release(lease)


def _check_same(key: DeploymentKey, export: Export, snapshot: Snapshot, *, force: bool) -> None:
    if (export.stack, export.environment) != (key.stack, key.environment):
        raise StateError(
            f"the export is of {export.stack}@{export.environment}, not of {key}",
            code="state.other_deployment",
            hint="name the stack and environment that it is of",
        )
    if snapshot.lineage is not None and export.lineage != snapshot.lineage:
        raise StateError(
            f"{key} has the lineage {snapshot.lineage}, and the export {export.lineage}: they never were the same",
            code="state.other_lineage",
            hint="an export can only go back to the deployment that it was made from, or to where there is none",
        )
    if snapshot.exists and export.serial != snapshot.serial and not force:
        raise StateError(
            f"{key} is at serial {snapshot.serial}, and the export was made at {export.serial}: a push would undo "
            "what was recorded since",
            code="state.serial",
            hint="pull it again; --force pushes it all the same",
        )


def _check_sealed(store: StateStore, export: Export) -> None:
    """Every secret opens where it stands, so that what is pushed can be used."""
    for row in export.rows:
        for scope, values in ((row.creation_id, row.properties), (row.creation_id, row.outputs)):
            _open(store, f"{export.lineage}/{scope}", values)
    for component, values in export.outputs.items():
        _open(store, f"{export.lineage}/outputs/{component}", values)


def _open(store: StateStore, context: str, values: Mapping[str, Value]) -> None:
    for _, leaf in leaves(dict(values)):
        if isinstance(leaf, Sealed):
            store.sealer().unseal(leaf, context)


def _writes(export: Export, snapshot: Snapshot) -> list[PutRow | DropRow]:
    recorded = {(row.address, row.generation): row for row in (*snapshot.rows.values(), *snapshot.deposed)}
    wanted = {(row.address, row.generation): row for row in export.rows}
    writes: list[PutRow | DropRow] = [DropRow(*place) for place in sorted(recorded.keys() - wanted.keys())]
    for place, row in sorted(wanted.items()):
        there = recorded.get(place)
        if there is None or replace(row, serial=there.serial, updated_at=there.updated_at) != there:
            writes.append(PutRow(row))
    return writes


def _items(document: Mapping[str, Any], problems: list[str]) -> Iterator[tuple[int, Any]]:
    yield from enumerate(_part(document, "resources", list, problems))


def _part(values: Mapping[str, Any], name: str, wanted: type, problems: list[str], around: str = "") -> Any:  # noqa: ANN401 - of the type that is wanted
    value = values.get(name)
    if not isinstance(value, wanted) or isinstance(value, bool):
        problems.append(f"{around}{name} must be {_JSON_NAMES[wanted]}")
        return wanted()
    return value


def _row(item: Any, path: str, problems: list[str]) -> ResourceRow | None:  # noqa: ANN401 - JSON
    if not isinstance(item, dict):
        problems.append(f"{path} must be an object")
        return None
    wrong = [name for name, wanted in _TYPES.items() if name not in item or not isinstance(item[name], wanted)]
    problems.extend(f"{path}.{name} is missing or of another type" for name in wrong)
    if wrong:
        return None
    try:
        row = ResourceRow(
            address=Address.parse(item["address"]),
            generation=item["generation"],
            status=Status(item["status"]),
            creation_id=item["creation_id"],
            spec_digest=item["spec_digest"],
            properties_json=encode_json(item["properties"]),
            outputs_json=encode_json(item["outputs"]),
            dependencies_json=encode_json([str(Address.parse(str(each))) for each in item["dependencies"]]),
            lifecycle_json=encode_json(item["lifecycle"]),
            children_json=encode_json(item["children"]),
            physical_id=item["physical_id"],
            component=item["component"],
            created_at=item["created_at"],
        )
        # Everything that is read of a row later is read once now.
        problems.extend(f"{path}: {secret} is a secret, and in the clear" for secret in _clear_secrets(row))
        _ = (row.lifecycle, row.children)
    except (ValueError, TypeError, InfraError) as error:
        problems.append(f"{path}: {error}")
        return None
    return row


def _clear_secrets(row: ResourceRow) -> Iterator[str]:
    kind = find_kind(row.address)
    inputs = [item.name for item in kind.properties if item.sensitive]
    outputs = [item.name for item in kind.outputs if item.sensitive]
    for names, values in ((inputs, row.properties), (outputs, row.outputs)):
        for name in names:
            if not isinstance(values.get(name), (Sealed, Variable, NoneType)):
                yield name


def _outputs(document: Mapping[str, Json], problems: list[str]) -> dict[str, dict[str, Value]]:
    found: dict[str, dict[str, Value]] = {}
    for component, values in document.items():
        try:
            decoded = decode(values)
        except ValueError as error:
            problems.append(f"outputs.{component}: {error}")
            continue
        if isinstance(decoded, dict):
            found[component] = decoded
        else:
            problems.append(f"outputs.{component} must be an object")
    return found


def _twice(rows: Sequence[ResourceRow]) -> Iterator[str]:
    seen: set[tuple[str, int]] = set()
    for row in rows:
        place = (str(row.address), row.generation)
        if place in seen:
            yield f"{row.address} is there twice as generation {row.generation}"
        seen.add(place)


def _refused(message: str) -> StateError:
    return StateError(message, code="state.export", hint="`flowyml-infra state pull` prints one")
