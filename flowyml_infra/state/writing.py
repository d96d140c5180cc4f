"""Owns how the writes of one transaction become SQL, and what they make of the deployment's record; it commits nothing.

Each write reads at most the digests of the rows that it touches, so that it costs the same in a state of any size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, assert_never

from flowyml_infra.errors import StateConflictError, StateError
from flowyml_infra.state import schema
from flowyml_infra.state.definitions import write_definition
from flowyml_infra.state.records import (
    RECORD_COLUMNS,
    RECORD_FIELDS,
    ROW_COLUMNS,
    DeploymentRecord,
    fold,
    outputs_digest,
    row_digest,
    row_values,
    values_digest,
)
from flowyml_infra.state.row import ResourceRow, Status, encode_values
from flowyml_infra.state.store import DropRow, MoveRow, PutDefinition, PutOutputs, PutRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.resources.values import Value
    from flowyml_infra.state.database import Database
    from flowyml_infra.state.encryption.rows import RowCipher
    from flowyml_infra.state.store import Lease, Write

# Constants and column names only; every value is a parameter.
_ALL = ("deployment_id", *ROW_COLUMNS, "row_digest")
_ONE = "deployment_id = :deployment_id AND address = :address AND generation = :generation"
_OLD_DIGEST = f"SELECT row_digest FROM resources WHERE {_ONE}"  # noqa: S608
_DELETE = f"DELETE FROM resources WHERE {_ONE}"  # noqa: S608
_UPSERT = (
    f"INSERT INTO resources ({', '.join(_ALL)}) VALUES ({', '.join(':' + name for name in _ALL)})"  # noqa: S608
    " ON CONFLICT (deployment_id, address, generation) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _ALL[3:])
)
_AT_ADDRESS = (
    f"SELECT {', '.join(ROW_COLUMNS)}, row_digest FROM resources"  # noqa: S608
    " WHERE deployment_id = :deployment_id AND address = :address"
)
_DELETE_OUTPUTS = "DELETE FROM outputs WHERE deployment_id = :deployment_id"
_INSERT_OUTPUT = (
    "INSERT INTO outputs (deployment_id, component, values_json, row_digest)"
    " VALUES (:deployment_id, :component, :values_json, :row_digest)"
)
_INSERT_RECORD = (
    f"INSERT INTO deployments ({RECORD_COLUMNS}) VALUES"  # noqa: S608
    " (:id, :stack, :environment, :lineage, :serial, :definition_digest, :plan_digest, :rows_fold, :outputs_digest,"
    " :created_at, :updated_at, :record_digest)"
)
_STORE_RECORD = (
    "UPDATE deployments SET definition_digest = :definition_digest, plan_digest = :plan_digest,"
    " rows_fold = :rows_fold, outputs_digest = :outputs_digest, updated_at = :updated_at,"
    " record_digest = :record_digest WHERE id = :id"
)
_FENCE = (
    "UPDATE deployments SET serial = serial + :step WHERE id = :id AND serial = :expected AND EXISTS"
    " (SELECT 1 FROM leases WHERE name = :lease AND token = :token AND expires_at > {now}{hold})"
    " AND EXISTS (SELECT 1 FROM alembic_version WHERE version_num = :revision)"
    " AND NOT EXISTS (SELECT 1 FROM meta WHERE name = 'moved_to')"
)
_REVISION = "SELECT version_num FROM alembic_version"


def pass_fence(
    execute: Execute, record: DeploymentRecord, lease: Lease, database: Database, *, step: int
) -> DeploymentRecord:
    """Advance the serial by ``step`` if the lease is held and nobody else wrote; the first statement of every write.

    The lease cannot be taken away before the transaction ends.

    Args:
        execute: Of the transaction.
        record: The deployment as this process knows it.
        lease: What this process holds.
        database: Where it is.
        step: 1 when resources or outputs are written, else 0.

    Raises:
        StateConflictError: The lease was lost, or the serial is another.
        StateError: The state was moved, or another release changed its tables, since it was opened.
    """
    parameters = {
        "step": step,
        "id": record.id,
        "expected": record.serial,
        "lease": lease.name,
        "token": lease.token,
        "revision": schema.REVISION,
    }
    if execute(_FENCE.format(now=database.now, hold=database.hold), parameters).rowcount != 1:
        schema.check_not_moved(execute, database.url)
        raise _stopped(execute, record, lease)
    return record._replace(serial=record.serial + step)


def _stopped(execute: Execute, record: DeploymentRecord, lease: Lease) -> StateError:
    row = execute(_REVISION, {}).fetchone()
    if row is not None and row[0] != schema.REVISION:
        return StateError(
            f"another release of flowyml-infra changed the state's tables meanwhile (from schema {schema.REVISION} to "
            f"{row[0]}); nothing was written",
            code="state.newer",
            hint="upgrade flowyml-infra on this machine, then plan and apply again: what was under way is looked up",
        )
    return StateConflictError(
        f"this process no longer holds the lease {lease.name}, or another one wrote at serial {record.serial}; "
        "nothing was written",
        hint="`flowyml-infra lock list` shows who holds it, `flowyml-infra plan` how far this process came",
    )


def insert_record(execute: Execute, record: DeploymentRecord) -> None:
    """Write the record of a new deployment."""
    execute(_INSERT_RECORD, _record_parameters(record))


def store_record(execute: Execute, record: DeploymentRecord) -> None:
    """Write what :func:`pass_fence` did not: the folds, the digests and the time."""
    execute(_STORE_RECORD, _record_parameters(record))


@dataclass(slots=True)
class Writer:
    """Applies writes inside one transaction.

    Attributes:
        execute: Of the transaction.
        record: The deployment, serial already advanced; its folds follow the writes.
        at: The time of the writes, UTC, ISO 8601.
        cipher: Encrypts records whole; None where only their secrets are sealed.
    """

    execute: Execute
    record: DeploymentRecord
    at: str
    cipher: RowCipher | None = None

    def apply(self, write: Write) -> None:
        """Carry out one write.

        Raises:
            StateError: A move has nothing to move, or its target is taken.
            TypeError: An output holds a secret in the clear.
        """
        match write:
            case PutRow(row):
                self._put(row)
            case DropRow(address, generation):
                self._drop(address, generation)
            case MoveRow(source, target):
                self._move(source, target)
            case PutOutputs(outputs):
                self._put_outputs(outputs)
            case PutDefinition(definition):
                write_definition(self.execute, self.record.id, definition)
            case _:
                assert_never(write)

    def _put(self, row: ResourceRow) -> None:
        self._insert(
            replace(row, serial=self.record.serial, created_at=row.created_at or self.at, updated_at=self.at),
            self._old_digest(row.address, row.generation),
        )

    def _insert(self, row: ResourceRow, old: str | None) -> None:
        self._insert_values(row_values(row if self.cipher is None else self.cipher.close(row)), old)

    def _insert_values(self, values: tuple[Any, ...], old: str | None) -> None:
        digest = row_digest(self.record.id, values)
        self.execute(_UPSERT, dict(zip(_ALL, (self.record.id, *values, digest), strict=True)))
        self._fold(digest, *(() if old is None else (old,)))

    def _drop(self, address: Address, generation: int) -> None:
        old = self._old_digest(address, generation)
        if old is not None:
            self.execute(_DELETE, self._key(address, generation))
            self._fold(old)

    def _move(self, source: Address, target: Address) -> None:
        if self._rows_at(target):
            raise StateError(f"there is already a record at {target}", code="state.exists", address=target)
        rows = self._rows_at(source)
        if not rows:
            raise StateError(f"there is no record at {source}", code="state.no_such_resource", address=source)
        for *values, old in rows:
            self.execute(_DELETE, self._key(source, values[1]))
            self._fold(old)
            row = ResourceRow(source, values[1], Status(values[2]), *values[3:])
            if self.cipher is not None:
                row = self.cipher.open(row)
            self._insert(replace(row, address=target, serial=self.record.serial, updated_at=self.at), None)

    def _rows_at(self, address: Address) -> list[Any]:
        parameters = {"deployment_id": self.record.id, "address": str(address)}
        return list(self.execute(_AT_ADDRESS, parameters).fetchall())

    def _put_outputs(self, outputs: Mapping[str, dict[str, Value]]) -> None:
        self.execute(_DELETE_OUTPUTS, {"deployment_id": self.record.id})
        digests: dict[str, str] = {}
        for component, values in outputs.items():
            text = encode_values(values)
            if self.cipher is not None:
                text = self.cipher.close_text(text, component)
            digests[component] = values_digest((self.record.id, component, text))
            self.execute(
                _INSERT_OUTPUT,
                {
                    "deployment_id": self.record.id,
                    "component": component,
                    "values_json": text,
                    "row_digest": digests[component],
                },
            )
        self.record = self.record._replace(outputs_digest=outputs_digest(digests))

    def _old_digest(self, address: Address, generation: int) -> str | None:
        row = self.execute(_OLD_DIGEST, self._key(address, generation)).fetchone()
        return None if row is None else str(row[0])

    def _key(self, address: Address, generation: int) -> dict[str, object]:
        return {"deployment_id": self.record.id, "address": str(address), "generation": generation}

    def _fold(self, *digests: str) -> None:
        self.record = self.record._replace(rows_fold=fold(self.record.rows_fold, *digests))


def _record_parameters(record: DeploymentRecord) -> dict[str, object]:
    return {**{name: getattr(record, name) for name in RECORD_FIELDS}, "record_digest": record.digest}
