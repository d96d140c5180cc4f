"""Owns the record of the last look at the world, one for each deployment, in the caller's transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flowyml_infra.address import Address
from flowyml_infra.errors import CorruptStateError
from flowyml_infra.resources.values import canonical_json
from flowyml_infra.state.drift import Finding, Look, standing
from flowyml_infra.state.records import values_digest

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.resources.values import Json

_SELECT = "SELECT at, who, resources, findings_json, record_digest FROM looks WHERE deployment_id = :id"
_UPSERT = (
    "INSERT INTO looks (deployment_id, at, who, resources, findings_json, record_digest)"
    " VALUES (:id, :at, :who, :resources, :findings_json, :record_digest)"
    " ON CONFLICT (deployment_id) DO UPDATE SET at = excluded.at, who = excluded.who,"
    " resources = excluded.resources, findings_json = excluded.findings_json, record_digest = excluded.record_digest"
)
_RECORDED = "SELECT DISTINCT address FROM resources WHERE deployment_id = :id"
_TOUCHED = (
    "SELECT operation_changes.address, max(operations.serial_before) FROM operation_changes"
    " JOIN operations ON operations.id = operation_changes.operation_id"
    " WHERE operations.deployment_id = :id AND operations.serial_before >= :serial"
    " AND operation_changes.status = 'succeeded' AND operation_changes.action <> 'move'"
    " GROUP BY operation_changes.address"
)


def read_look(execute: Execute, deployment_id: int) -> Look | None:
    """The last look at this deployment, without what was done something about since; None when nobody looked.

    Raises:
        CorruptStateError: The record does not match its digest.
    """
    row = execute(_SELECT, {"id": deployment_id}).fetchone()
    if row is None:
        return None
    if values_digest((deployment_id, *row[:-1])) != row[-1]:
        raise CorruptStateError(
            "the record of the last look at the world does not match its digest",
            hint="look again with `flowyml-infra drift`",
        )
    at, who, resources, text, _ = row
    findings = [_finding(item) for item in json.loads(text)]
    if not findings:
        return Look(at, who, resources)
    recorded = {Address(found[0]) for found in execute(_RECORDED, {"id": deployment_id}).fetchall()}
    since = {"id": deployment_id, "serial": min(item.serial for item in findings)}
    touched = {Address(found[0]): int(found[1]) for found in execute(_TOUCHED, since).fetchall()}
    return Look(at, who, resources, standing(findings, recorded, touched))


def write_look(execute: Execute, deployment_id: int, look: Look, seen: AbstractSet[Address] | None) -> None:
    """Keep ``look`` as the last one; with ``seen``, as one at those addresses alone.

    A whole look takes the place of what was there, be that damaged or not.
    """
    if seen is not None:
        before = read_look(execute, deployment_id) or Look(None, look.who, 0)
        look = before.merged(look, seen)
    columns = (look.at, look.who, look.resources, canonical_json([_encoded(item) for item in look.findings]))
    names = ("at", "who", "resources", "findings_json")
    digest = values_digest((deployment_id, *columns))
    execute(_UPSERT, {"id": deployment_id, **dict(zip(names, columns, strict=True)), "record_digest": digest})


def _encoded(item: Finding) -> Json:
    return {
        "address": str(item.address),
        "condition": item.condition,
        "digest": item.digest,
        "at": item.at,
        "serial": item.serial,
        "fields": list(item.fields),
        "reason": item.reason,
    }


def _finding(item: dict[str, object]) -> Finding:
    return Finding(**{**item, "address": Address(item["address"]), "fields": tuple(item["fields"])})  # type: ignore[arg-type]
