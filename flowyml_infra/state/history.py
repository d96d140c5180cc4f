"""Owns the record of operations: which ran on a deployment, what each did where, and which plans were used up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flowyml_infra.address import Address
from flowyml_infra.errors import StalePlanError
from flowyml_infra.state.store import ChangeRecord, OperationRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.state.records import DeploymentRecord
    from flowyml_infra.state.store import OperationStart, OperationStatus

_COLUMNS = (
    "id, kind, status, who, started_at, finished_at, serial_before, serial_after, plan_digest,"
    " definition_digest, recorded_definition"
)
_NEXT = "SELECT coalesce(max(number), 0) + 1 FROM operations WHERE deployment_id = :deployment_id"
# Only the newest can be running, so that a history of any length costs one look into its index.
_ABANDON = (
    "UPDATE operations SET status = 'interrupted' WHERE deployment_id = :deployment_id AND status = 'running'"
    " AND number = (SELECT max(number) FROM operations WHERE deployment_id = :deployment_id)"
)
_INSERT = (
    "INSERT INTO operations (id, deployment_id, number, kind, status, who, started_at, serial_before, plan_id,"
    " plan_digest, definition_digest, policy_digest) VALUES (:id, :deployment_id, :number, :kind, 'running', :who,"
    " :at, :serial_before, :plan_id, :plan_digest, :definition_digest, :policy_digest)"
)
_DEFINE = "UPDATE operations SET recorded_definition = :digest WHERE id = :id"
_FINISH = "UPDATE operations SET status = :status, finished_at = :at, serial_after = :serial_after WHERE id = :id"
_CHANGE = (
    "INSERT INTO operation_changes (operation_id, address, action, position, status, seconds, error, at)"
    " VALUES (:operation_id, :address, :action, :position, :status, :seconds, :error, :at)"
    " ON CONFLICT (operation_id, address, action) DO UPDATE SET status = excluded.status,"
    " seconds = excluded.seconds, error = excluded.error, at = excluded.at"
)
_OPERATIONS = (
    f"SELECT {_COLUMNS} FROM operations WHERE deployment_id = :deployment_id"  # noqa: S608 - constants only
    " ORDER BY number DESC"
)
_CHANGES = (
    "SELECT address, action, status, seconds, error FROM operation_changes WHERE operation_id = :operation_id"
    " ORDER BY position, address, action"
)
_USE = "INSERT INTO used_plans (plan_id, operation_id, used_at) VALUES (:plan_id, :operation_id, :at)"
_USED = (
    "SELECT used_plans.used_at, operations.who FROM used_plans"
    " JOIN operations ON operations.id = used_plans.operation_id WHERE used_plans.plan_id = :plan_id"
)


def begin(execute: Execute, operation_id: str, record: DeploymentRecord, start: OperationStart, at: str) -> None:
    """Record that an operation runs; one that was cut off before is recorded as interrupted."""
    owner = {"deployment_id": record.id}
    execute(_ABANDON, owner)
    number = execute(_NEXT, owner).fetchone()[0]
    execute(
        _INSERT,
        {
            "id": operation_id,
            "deployment_id": record.id,
            "number": number,
            "kind": start.kind,
            "who": start.who,
            "at": at,
            "serial_before": record.serial,
            "plan_id": start.plan_id,
            "plan_digest": start.plan_digest,
            "definition_digest": start.definition_digest,
            "policy_digest": start.policy_digest,
        },
    )


def note_definition(execute: Execute, operation_id: str, digest: str) -> None:
    """Record under which digest the definition of an operation is kept."""
    execute(_DEFINE, {"id": operation_id, "digest": digest})


def use_plan(execute: Execute, plan_id: str, operation_id: str, at: str) -> None:
    """Consume a plan.

    Raises:
        StalePlanError: It was consumed before.
    """
    row = execute(_USED, {"plan_id": plan_id}).fetchone()
    if row is not None:
        raise StalePlanError(
            f"this plan was used before, by {row[1]} at {row[0]}",
            code="plan.used",
            hint="a plan starts one operation; make a new one with `flowyml-infra plan`",
        )
    execute(_USE, {"plan_id": plan_id, "operation_id": operation_id, "at": at})


def record_change(execute: Execute, operation_id: str, change: ChangeRecord, position: int, at: str) -> None:
    """Record how far one change came; a later record of the same change takes the place of the earlier."""
    execute(
        _CHANGE,
        {
            "operation_id": operation_id,
            "address": str(change.address),
            "action": change.action,
            "position": position,
            "status": change.status,
            "seconds": change.seconds,
            "error": change.error,
            "at": at,
        },
    )


def end(execute: Execute, operation_id: str, status: OperationStatus, serial: int, at: str) -> None:
    """Record how an operation ended."""
    execute(_FINISH, {"status": status, "at": at, "serial_after": serial, "id": operation_id})


def read_history(
    execute: Execute, deployment_id: int, limit: int | None, *, changes: bool
) -> Sequence[OperationRecord]:
    """The latest operations of a deployment, or all, newest first, with their changes in the order they began."""
    owner: dict[str, object] = {"deployment_id": deployment_id}
    if limit is None:
        rows: Sequence[Any] = execute(_OPERATIONS, owner).fetchall()
    else:
        rows = execute(f"{_OPERATIONS} LIMIT :limit", {**owner, "limit": max(0, limit)}).fetchall()
    found = [OperationRecord(*row) for row in rows]
    return [replace(item, changes=_read_changes(execute, item.id)) for item in found] if changes else found


def _read_changes(execute: Execute, operation_id: str) -> tuple[ChangeRecord, ...]:
    rows: Sequence[Any] = execute(_CHANGES, {"operation_id": operation_id}).fetchall()
    return tuple(ChangeRecord(Address(row[0]), *row[1:]) for row in rows)
