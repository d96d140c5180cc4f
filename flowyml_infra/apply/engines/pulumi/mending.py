"""Owns the mending of Pulumi's record after a run that was killed: what was begun is looked up, and kept or dropped.

The engine by itself would make a thing a second time whose creation it began and did not finish; a refresh leaves what
is open as it is, and an import of its own export forgets it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowyml_infra.apply.engines.pulumi.checkpoint import Checkpoint
from flowyml_infra.apply.engines.pulumi.lookup import look_up
from flowyml_infra.apply.engines.pulumi.programs import id_of, unmarked
from flowyml_infra.errors import EngineError

if TYPE_CHECKING:
    from flowyml_infra.apply.engines.pulumi.workspace import Workspace


def mend(workspace: Workspace) -> Checkpoint:
    """Pulumi's record with nothing open in it.

    Raises:
        EngineError: What was begun cannot be looked up.
    """
    deployment = workspace.exported()
    record = Checkpoint.of(deployment)
    if not record.pending:
        return record
    begun = [operation["resource"] for operation in record.pending if operation.get("type") == "creating"]
    suspects = [_with_id(item) for item in begun if item["urn"] not in record.resources]
    # What was being updated or deleted is on record, and looked at again.
    others = {operation["resource"]["urn"] for operation in record.pending} & record.resources.keys()
    return look_up(workspace, {**deployment, "pending_operations": []}, suspects, others).record


def _with_id(item: dict[str, Any]) -> dict[str, Any]:
    id_ = id_of(item["type"], item.get("inputs") or {})
    if id_ is None:
        raise EngineError(
            f"an earlier run was killed while it made a {item['type']}, and this version cannot look it up",
            code="engine.pending",
            hint=f"look whether it is there; then `pulumi refresh` settles {item['urn']}",
        )
    return {**item, "id": id_, "outputs": unmarked(item["type"], item.get("inputs") or {})}
