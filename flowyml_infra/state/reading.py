"""Owns how what is stored of a deployment becomes a snapshot; it works over any ``execute``, without a third party."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from flowyml_infra.address import Address
from flowyml_infra.errors import CorruptStateError
from flowyml_infra.resources.values import Value, decode
from flowyml_infra.state.integrity import read_record, stored_outputs, stored_rows
from flowyml_infra.state.row import ResourceRow, Status
from flowyml_infra.state.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.state.encryption.rows import RowCipher
    from flowyml_infra.state.encryption.sealer import KeySealer
    from flowyml_infra.state.key import DeploymentKey
    from flowyml_infra.state.records import DeploymentRecord

_STATUS = {status.value: status for status in Status}


def read_snapshot(execute: Execute, key: DeploymentKey, sealer: Callable[[], KeySealer | None]) -> Snapshot:
    """What is recorded of a deployment; an empty snapshot when there is none.

    Args:
        execute: Of a transaction.
        key: Which deployment.
        sealer: The state's encryption; asked for only when a record is encrypted whole.

    Raises:
        CorruptStateError: A record does not match its digest, or cannot be decrypted; names its address.
        StateError: There is no key, or not the right one, for a record that is encrypted whole.
    """
    record = read_record(execute, key)
    if record is None:
        return Snapshot(key)
    curtain = _Curtain(record.lineage, sealer)
    rows, deposed = _read_rows(execute, record, curtain)
    outputs = {component: _values(curtain.text(text, component)) for component, text in stored_outputs(execute, record)}
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


class _Curtain:
    """Opens the records of a deployment that are encrypted whole; most are not, and cost one comparison."""

    def __init__(self, lineage: str, sealer: Callable[[], KeySealer | None]) -> None:
        self._lineage = lineage
        self._sealer = sealer
        self._cipher: RowCipher | None = None

    def row(self, row: ResourceRow) -> ResourceRow:
        return self._opened().open(row) if row.properties_json[:1] == "e" else row

    def text(self, text: str, component: str) -> str:
        return self._opened().open_text(text, component) if text[:1] == "e" else text

    def _opened(self) -> RowCipher:
        if self._cipher is None:
            from flowyml_infra.state.encryption.rows import RowCipher

            sealer = self._sealer()
            if sealer is None:
                raise CorruptStateError("records are encrypted, and the keys that they are under are gone")
            self._cipher = RowCipher(sealer, self._lineage)
        return self._cipher


def _read_rows(
    execute: Execute, record: DeploymentRecord, curtain: _Curtain
) -> tuple[dict[Address, ResourceRow], list[ResourceRow]]:
    newest: dict[Address, ResourceRow] = {}
    deposed: list[ResourceRow] = []
    for values in stored_rows(execute, record):
        address = Address(values[0])
        row = curtain.row(ResourceRow(address, values[1], _STATUS[values[2]], *values[3:]))
        if address in newest:
            deposed.append(newest[address])
        newest[address] = row
    return newest, deposed


def _values(text: str) -> dict[str, Value]:
    return cast("dict[str, Value]", decode(json.loads(text)))
