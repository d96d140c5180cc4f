"""Owns the engine's record catching up with the world, where a look at it found that they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.apply.engines.pulumi.checkpoint import Checkpoint
from flowyml_infra.apply.engines.pulumi.failures import explained
from flowyml_infra.apply.engines.pulumi.urns import targets_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.apply.engines.pulumi.workspace import Workspace


def follow(workspace: Workspace, record: Checkpoint, creation_ids: Sequence[str]) -> Checkpoint:
    """Have the engine see what has become of these resources, so that it brings them back; returns its new record.

    A component of which nothing is there any more is dropped from the record.

    Raises:
        EngineError: The cloud cannot be asked.
    """
    components = {urn for urn in map(record.component, creation_ids) if urn is not None}
    if not components:
        return record
    targets = sorted({pattern for urn in components for pattern in targets_of(urn)})
    with explained():
        workspace.stack.refresh(target=targets, suppress_outputs=True)
    deployment = workspace.exported()
    resources = deployment.get("resources") or []
    parents = {item.get("parent") for item in resources}
    empty = components - parents
    if empty:
        deployment = {**deployment, "resources": [item for item in resources if item["urn"] not in empty]}
        workspace.replace(deployment)
    return Checkpoint.of(deployment)
