"""Owns the mending of Pulumi's record after a run that was killed: what was begun is looked up, and kept or dropped.

The engine by itself would make a thing a second time whose creation it began and did not finish; a refresh leaves what
is open as it is, and an import of its own export forgets it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowyml_infra.apply.engines.pulumi.checkpoint import Checkpoint
from flowyml_infra.apply.engines.pulumi.finding import only
from flowyml_infra.apply.engines.pulumi.lookup import look_up
from flowyml_infra.apply.engines.pulumi.programs import id_of, unmarked
from flowyml_infra.apply.engines.pulumi.seeking import Missing, seek

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    # A component is nothing but a name for its parts: it is nowhere but on record.
    begun = [
        operation["resource"]
        for operation in record.pending
        if operation.get("type") == "creating" and operation["resource"].get("custom")
    ]
    suspects = list(_with_ids(workspace, [item for item in begun if item["urn"] not in record.resources], record))
    # What was being updated or deleted is on record, and looked at again.
    others = {operation["resource"]["urn"] for operation in record.pending} & record.resources.keys()
    return look_up(workspace, {**deployment, "pending_operations": []}, suspects, others).record


def _with_ids(workspace: Workspace, begun: Sequence[dict[str, Any]], record: Checkpoint) -> Iterator[dict[str, Any]]:
    """Those of ``begun`` that may be there, each with its id."""
    creations = record.components()
    missing = {
        item["urn"]: Missing(
            item["urn"],
            item["type"],
            item.get("inputs") or {},
            creations.get(item.get("parent", ""), ""),
            str(item.get("provider", "")).rpartition("::")[0],
        )
        for item in begun
    }
    ids = {urn: id_of(item.type, item.inputs) for urn, item in missing.items()}
    sought = seek(workspace, [item for urn, item in missing.items() if ids[urn] is None])
    for item in begun:
        urn = item["urn"]
        id_ = ids[urn] or only(sought.get(urn), missing[urn])
        if id_ is not None:
            yield {**item, "id": id_, "outputs": unmarked(item["type"], item.get("inputs") or {})}
