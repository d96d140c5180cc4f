"""Owns the taking over of what is there and not on Pulumi's record: imports, and what was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowyml_infra.apply.engines.pulumi.checkpoint import CREATION, Checkpoint
from flowyml_infra.apply.engines.pulumi.lookup import look_up, suspect
from flowyml_infra.apply.engines.pulumi.programs import id_of
from flowyml_infra.apply.engines.pulumi.urns import component_urn
from flowyml_infra.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from flowyml_infra.apply.engine import Subject
    from flowyml_infra.apply.engines.pulumi.job import Job
    from flowyml_infra.apply.engines.pulumi.rollup import Rollup
    from flowyml_infra.apply.engines.pulumi.workspace import Workspace


def restore(workspace: Workspace, record: Checkpoint, lost: Sequence[tuple[Job, Subject]]) -> Checkpoint:
    """Put back on record what our rows say was made; what is not there any more stays off it.

    Args:
        workspace: The stack; the providers are on record.
        record: What is on record.
        lost: Resources with the parts that their rows name.

    Raises:
        EngineError: The cloud cannot be asked; the record is as it was.
    """
    added: list[Mapping[str, Any]] = []
    for job, subject in lost:
        component = _component(workspace.name, job)
        added.append(component)
        provider = str(record.provider_of(job.provider))
        added += [
            suspect(child.urn, child.type, child.id, {}, component["urn"], provider)
            for child in subject.children
            if child.id
        ]
    return _take_over(workspace, added)


def take_over(workspace: Workspace, record: Checkpoint, job: Job, physical_id: str, foreseen: Rollup) -> Checkpoint:
    """Put a thing on record that somebody else made, with those of its parts whose ids follow from its inputs.

    Args:
        workspace: The stack; the providers are on record.
        record: What is on record.
        job: What it is to be.
        physical_id: What the cloud calls it.
        foreseen: What the engine would make if it were not there.

    Raises:
        EngineError: It is not there, belongs to another deployment, or the cloud cannot be asked; the record is as it
            was.
    """
    before = workspace.exported()
    component = _component(workspace.name, job)
    provider = str(record.provider_of(job.provider))
    suspects = list(_parts(job, physical_id, foreseen, component["urn"], provider))
    after = _take_over(workspace, [component, *suspects])
    primary = next(child.facts.token for child in job.kind.children if child.primary)
    if any(item["type"] == primary and item["urn"] in after.resources for item in suspects):
        return after
    workspace.replace(before)
    raise EngineError(
        f"there is no {physical_id} to import, or it belongs to another deployment",
        code="engine.import",
        address=job.address,
        hint=f"look for it under this id, and whether it is tagged with another creation id than {job.creation_id}",
    )


def _parts(job: Job, physical_id: str, foreseen: Rollup, component: str, provider: str) -> Iterator[dict[str, Any]]:
    primary = next(child.facts.token for child in job.kind.children if child.primary)
    for step in foreseen.steps(component):
        if step.operation != "create" or step.urn == component:
            continue
        id_ = physical_id if step.type == primary else id_of(step.type, step.inputs)
        if id_ is not None:
            yield suspect(step.urn, step.type, id_, step.inputs, component, provider)


def _component(stack: str, job: Job) -> dict[str, Any]:
    inputs = {CREATION: job.creation_id}
    return {"urn": component_urn(stack, job.type, job.name), "type": job.type, "custom": False, "inputs": inputs}


def _take_over(workspace: Workspace, added: Sequence[Mapping[str, Any]]) -> Checkpoint:
    deployment = workspace.exported()
    components = [item for item in added if not item["custom"]]
    suspects = [item for item in added if item["custom"]]
    with_components = {**deployment, "resources": [*(deployment.get("resources") or ()), *components]}
    try:
        found = look_up(workspace, with_components, suspects, takes_over=True).record
    except EngineError:
        workspace.replace(deployment)
        raise
    return found


def take_off(workspace: Workspace, components: Collection[str]) -> Checkpoint:
    """Take components and all that belongs to them off the record; the world keeps them."""
    deployment = workspace.exported()
    resources = deployment.get("resources") or []
    kept = [item for item in resources if not {item["urn"], item.get("parent")} & set(components)]
    deployment = {**deployment, "resources": kept}
    workspace.replace(deployment)
    return Checkpoint.of(deployment)
