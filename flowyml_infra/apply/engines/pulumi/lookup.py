"""Owns the looking up of things in the world through the engine: they are put on record, and refreshed.

What the world does not have is dropped from the record by that, and so is what carries the mark of another creation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi.automation.errors import CommandError

from flowyml_infra.apply.engines.pulumi.checkpoint import CREATION
from flowyml_infra.apply.engines.pulumi.failures import failure, messages_of
from flowyml_infra.apply.engines.pulumi.programs import mark_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from flowyml_infra.apply.engines.pulumi.workspace import Workspace


def look_up(
    workspace: Workspace,
    deployment: Mapping[str, Any],
    suspects: Sequence[Mapping[str, Any]],
    others: Collection[str] = (),
) -> None:
    """Make ``deployment`` and those of ``suspects`` that are there and ours the record.

    Args:
        workspace: The stack.
        deployment: The record as it was exported.
        suspects: Records of what may be there, each with the id that it would have.
        others: URNs on record that are to be looked at again as well.

    Raises:
        EngineError: The cloud cannot be asked; the record is ``deployment`` then.
    """
    workspace.replace({**deployment, "resources": [*(deployment.get("resources") or ()), *suspects]})
    urns = {str(item["urn"]) for item in suspects}
    try:
        workspace.stack.refresh(target=sorted(urns | set(others)), suppress_outputs=True)
    except CommandError as error:
        workspace.replace(dict(deployment))
        raise failure(None, messages_of(error)) from error
    _drop_foreign(workspace, urns)


def _drop_foreign(workspace: Workspace, looked_up: Collection[str]) -> None:
    deployment = workspace.exported()
    resources = deployment.get("resources") or []
    creations = {item["urn"]: (item.get("inputs") or {}).get(CREATION) for item in resources}
    foreign = {
        item["urn"]
        for item in resources
        if item["urn"] in looked_up
        and mark_of(item["type"], item.get("outputs") or {}) not in {None, creations.get(item.get("parent"))}
    }
    if foreign:
        workspace.replace({**deployment, "resources": [item for item in resources if item["urn"] not in foreign]})
