"""Owns how what is stored of a deployment becomes a snapshot; it works over any ``execute``, without a third party."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from flowyml_infra.address import Address
from flowyml_infra.resources.values import Value, decode
from flowyml_infra.state.integrity import read_record, stored_outputs, stored_rows
from flowyml_infra.state.row import ResourceRow, Status
from flowyml_infra.state.snapshot import Snapshot

if TYPE_CHECKING:
    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.state.key import DeploymentKey
    from flowyml_infra.state.records import DeploymentRecord

_STATUS = {status.value: status for status in Status}


def read_snapshot(execute: Execute, key: DeploymentKey) -> Snapshot:
    """What is recorded of a deployment; an empty snapshot when there is none.

    Raises:
        CorruptStateError: A record does not match its digest; names its address.
    """
    record = read_record(execute, key)
    if record is None:
        return Snapshot(key)
    rows, deposed = _read_rows(execute, record)
    outputs = {component: _values(text) for component, text in stored_outputs(execute, record)}
    return Snapshot(
        key,
        record.lineage,
        record.serial,
        rows,
        tuple(deposed),
        outputs,
        record.definition_digest,
        record.plan_digest,
    )


def _read_rows(execute: Execute, record: DeploymentRecord) -> tuple[dict[Address, ResourceRow], list[ResourceRow]]:
    newest: dict[Address, ResourceRow] = {}
    deposed: list[ResourceRow] = []
    for values in stored_rows(execute, record):
        address = Address(values[0])
        row = ResourceRow(address, values[1], _STATUS[values[2]], *values[3:])
        if address in newest:
            deposed.append(newest[address])
        newest[address] = row
    return newest, deposed


def _values(text: str) -> dict[str, Value]:
    return cast("dict[str, Value]", decode(json.loads(text)))
