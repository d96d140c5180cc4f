"""Owns how a deployment is read from SQL and checked; it works over any ``execute`` and loads no third party."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, cast

from flowyml_infra.address import Address
from flowyml_infra.errors import CorruptStateError
from flowyml_infra.resources.values import Value, decode
from flowyml_infra.state.records import (
    RECORD_COLUMNS,
    ROW_COLUMNS,
    ROW_TEXT,
    DeploymentRecord,
    outputs_digest,
    values_digest,
)
from flowyml_infra.state.row import ResourceRow, Status
from flowyml_infra.state.snapshot import DeploymentKey, Snapshot

if TYPE_CHECKING:
    from flowyml_infra.audit.chain import Execute

_HINT = "`flowyml-infra state history` and a backup of the state tell what it was; nothing was changed"
_STATUS = {status.value: status for status in Status}

_RECORD = f"SELECT {RECORD_COLUMNS} FROM deployments WHERE stack = :stack AND environment = :environment"  # noqa: S608
_RECORDS = f"SELECT {RECORD_COLUMNS} FROM deployments ORDER BY stack, environment"  # noqa: S608
_ROWS = (
    f"SELECT {', '.join(ROW_COLUMNS)}, row_digest FROM resources"  # noqa: S608 - constants only
    " WHERE deployment_id = :id ORDER BY address, generation"
)
_OUTPUTS = "SELECT component, values_json, row_digest FROM outputs WHERE deployment_id = :id ORDER BY component"


def read_record(execute: Execute, key: DeploymentKey) -> DeploymentRecord | None:
    """The record of a deployment, or None when there is none.

    Raises:
        CorruptStateError: It does not match its digest, or it may be one of several that do not.
    """
    row = execute(_RECORD, {"stack": key.stack, "environment": key.environment}).fetchone()
    if row is None:
        # Damage to its name would look like absence.
        read_records(execute)
        return None
    return _checked(row)


def read_records(execute: Execute) -> list[DeploymentRecord]:
    """The records of all deployments, by stack and environment.

    Raises:
        CorruptStateError: One does not match its digest.
    """
    return [_checked(row) for row in execute(_RECORDS, {}).fetchall()]


def read_snapshot(execute: Execute, key: DeploymentKey) -> Snapshot:
    """What is recorded of a deployment; an empty snapshot when there is none.

    Raises:
        CorruptStateError: A record does not match its digest; names its address.
    """
    record = read_record(execute, key)
    if record is None:
        return Snapshot(key)
    rows, deposed = _read_rows(execute, record)
    return Snapshot(
        key,
        record.lineage,
        record.serial,
        rows,
        tuple(deposed),
        _read_outputs(execute, record),
        record.definition_digest,
        record.plan_digest,
    )


def _checked(row: Any) -> DeploymentRecord:  # noqa: ANN401 - a driver's row
    record, intact = DeploymentRecord.read(row)
    if not intact:
        raise CorruptStateError(
            f"the record of deployment {record.stack}@{record.environment} does not match its digest", hint=_HINT
        )
    return record


def _read_rows(execute: Execute, record: DeploymentRecord) -> tuple[dict[Address, ResourceRow], list[ResourceRow]]:
    newest: dict[Address, ResourceRow] = {}
    deposed: list[ResourceRow] = []
    total = 0
    # This loop runs once a resource in every plan: what it calls is spelled out here.
    sha256, suffix = hashlib.sha256, str(record.id)
    for columns in execute(_ROWS, {"id": record.id}):
        values, stored = tuple(columns[:-1]), columns[-1]
        digest = sha256((ROW_TEXT % values + suffix).encode("utf-8", "surrogatepass")).hexdigest()
        if digest != stored:
            raise CorruptStateError(
                f"the record of {values[0]} does not match its digest", address=str(values[0]), hint=_HINT
            )
        total ^= int(digest, 16)
        address = Address(values[0])
        row = ResourceRow(address, values[1], _STATUS[values[2]], *values[3:])
        if address in newest:
            deposed.append(newest[address])
        newest[address] = row
    if total != int(record.rows_fold, 16):
        raise CorruptStateError(
            f"the resources recorded for {record.stack}@{record.environment} are not those last written: a record "
            "is missing, foreign or old",
            hint=_HINT,
        )
    return newest, deposed


def _read_outputs(execute: Execute, record: DeploymentRecord) -> dict[str, dict[str, Value]]:
    outputs: dict[str, dict[str, Value]] = {}
    digests: dict[str, str] = {}
    for component, values_json, stored in execute(_OUTPUTS, {"id": record.id}).fetchall():
        if values_digest((record.id, component, values_json)) != stored:
            raise CorruptStateError(f"the recorded outputs of {component} do not match their digest", hint=_HINT)
        digests[component] = stored
        outputs[component] = cast("dict[str, Value]", decode(json.loads(values_json)))
    if outputs_digest(digests) != record.outputs_digest:
        raise CorruptStateError(
            f"the outputs recorded for {record.stack}@{record.environment} are not those last written", hint=_HINT
        )
    return outputs
