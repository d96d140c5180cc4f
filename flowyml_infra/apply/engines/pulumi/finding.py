"""Owns the finding of what an earlier creation may have made without the engine's knowing of it.

A plugin that died after it made something, or an answer that was lost, leaves nothing in Pulumi's record. Our own rows
say that a creation was begun; so everything that it would make now is looked up before it is made, under the id that
follows from its inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowyml_infra.apply.engines.pulumi.checkpoint import Checkpoint
from flowyml_infra.apply.engines.pulumi.lookup import look_up
from flowyml_infra.apply.engines.pulumi.programs import PACKAGES, id_of
from flowyml_infra.apply.engines.pulumi.urns import component_urn
from flowyml_infra.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowyml_infra.apply.engines.pulumi.job import Job
    from flowyml_infra.apply.engines.pulumi.rollup import Rollup, StepSeen
    from flowyml_infra.apply.engines.pulumi.workspace import Workspace


def find_begun(workspace: Workspace, jobs: Sequence[Job], foreseen: Rollup) -> bool:
    """Look up what ``jobs``, which were begun before, would make; whether there was anything to look up.

    Raises:
        EngineError: Something cannot be looked up, or the cloud cannot be asked.
    """
    deployment = workspace.exported()
    record = Checkpoint.of(deployment)
    suspects = [item for job in jobs for item in _suspects(workspace, job, foreseen, record)]
    if not suspects:
        return False
    look_up(workspace, deployment, suspects)
    return True


def _suspects(workspace: Workspace, job: Job, foreseen: Rollup, record: Checkpoint) -> Iterator[dict[str, Any]]:
    component = component_urn(workspace.name, job.type, job.name)
    if component not in record.resources:
        return  # nothing of it was ever begun
    provider = _provider(job, record)
    if provider is None:
        return
    for step in foreseen.steps(component):
        if step.operation == "create" and step.urn not in record.resources and step.urn != component:
            yield _as_if_there(step, component, provider, job)


def _as_if_there(step: StepSeen, component: str, provider: str, job: Job) -> dict[str, Any]:
    id_ = id_of(step.type, step.inputs)
    if id_ is None:
        raise EngineError(
            f"an earlier apply began to make {job.address}, and this version cannot look up its {step.type}",
            code="engine.begun",
            address=job.address,
            hint=f"look for a thing that is tagged {job.creation_id}; remove it, then `flowyml-infra state rm` the row",
        )
    return {
        "urn": step.urn,
        "custom": True,
        "id": id_,
        "type": step.type,
        "inputs": dict(step.inputs),
        # Some providers read a thing from what they know of it, not by its id.
        "outputs": dict(step.inputs),
        "parent": component,
        "provider": provider,
    }


def _provider(job: Job, record: Checkpoint) -> str | None:
    package = PACKAGES[job.kind.provider]
    found = [urn for urn in record.providers() if f"pulumi:providers:{package}::" in urn]
    return record.provider_of(found[0]) if found else None
