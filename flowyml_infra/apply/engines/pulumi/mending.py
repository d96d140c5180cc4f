"""Owns the mending of Pulumi's record after a run that was killed: what was begun is looked up, and kept or dropped.

The engine by itself would make a thing a second time whose creation it began and did not finish. So its id is worked
out from its inputs, it is put on record as if it were there, and a refresh drops it again if the world lacks it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi.automation.errors import CommandError

from flowyml_infra.apply.engines.pulumi.checkpoint import Checkpoint
from flowyml_infra.apply.engines.pulumi.failures import failure
from flowyml_infra.apply.engines.pulumi.programs import id_of
from flowyml_infra.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    suspects = [operation["resource"] for operation in record.pending if operation.get("type") == "creating"]
    found = [_with_id(item) for item in suspects if item["urn"] not in record.resources]
    mended = {**deployment, "pending_operations": [], "resources": [*deployment["resources"], *found]}
    workspace.replace(mended)
    # What was being updated or deleted is on record, and looked at again as well.
    urns = sorted({operation["resource"]["urn"] for operation in record.pending})
    _refresh(workspace, urns)
    return workspace.checkpoint()


def _with_id(item: dict[str, Any]) -> dict[str, Any]:
    id_ = id_of(item["type"], item.get("inputs") or {})
    if id_ is None:
        raise EngineError(
            f"an earlier run was killed while it made a {item['type']}, and this version cannot look it up",
            code="engine.pending",
            hint=f"look whether it is there; then `pulumi refresh` settles {item['urn']}",
        )
    return {**item, "id": id_, "outputs": item.get("outputs") or item.get("inputs") or {}}


def _refresh(workspace: Workspace, urns: Sequence[str]) -> None:
    try:
        workspace.stack.refresh(target=list(urns), suppress_outputs=True)
    except CommandError as error:
        raise failure(None, [str(error)]) from error
