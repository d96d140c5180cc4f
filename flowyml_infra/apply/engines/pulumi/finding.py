"""Owns the finding of what an earlier creation may have made without the engine's knowing of it.

A plugin that died after it made something, or an answer that was lost, leaves nothing in Pulumi's record. Our own rows
say that a creation was begun; so everything that it would make now is looked up before it is made, under the id that
follows from its inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowyml_infra.apply.engines.pulumi.lookup import look_up, suspect
from flowyml_infra.apply.engines.pulumi.programs import id_of
from flowyml_infra.apply.engines.pulumi.urns import component_urn
from flowyml_infra.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowyml_infra.apply.engines.pulumi.checkpoint import Checkpoint
    from flowyml_infra.apply.engines.pulumi.job import Job
    from flowyml_infra.apply.engines.pulumi.rollup import Rollup
    from flowyml_infra.apply.engines.pulumi.workspace import Workspace


def find_begun(workspace: Workspace, record: Checkpoint, jobs: Sequence[Job], foreseen: Rollup) -> Checkpoint:
    """Look up what ``jobs``, which were begun before, would make; the record with what is there.

    Raises:
        EngineError: Something cannot be looked up, or the cloud cannot be asked.
    """
    suspects = [item for job in jobs for item in _suspects(workspace.name, job, foreseen, record)]
    return look_up(workspace, workspace.exported(), suspects).record if suspects else record


def _suspects(stack: str, job: Job, foreseen: Rollup, record: Checkpoint) -> Iterator[dict[str, Any]]:
    component = component_urn(stack, job.type, job.name)
    provider = record.provider_of(job.provider)
    if component not in record.resources or provider is None:
        return  # nothing of it was ever begun
    for step in foreseen.steps(component):
        if step.operation != "create" or step.urn in record.resources or step.urn == component:
            continue
        id_ = id_of(step.type, step.inputs)
        if id_ is None:
            raise EngineError(
                f"an earlier apply began to make {job.address}, and this version cannot look up its {step.type}",
                code="engine.begun",
                address=job.address,
                hint=f"look for a thing that is tagged {job.creation_id}; remove it, then `flowyml-infra state rm`",
            )
        yield suspect(step.urn, step.type, id_, step.inputs, component, provider)
