"""Owns the finding of what an earlier creation may have made without the engine's knowing of it.

A plugin that died after it made something, or an answer that was lost, leaves nothing in Pulumi's record. Our own rows
say that a creation was begun; so everything that it would make now is looked up before it is made, under the id that
follows from its inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowyml_infra.apply.engines.pulumi.lookup import look_up, suspect
from flowyml_infra.apply.engines.pulumi.programs import id_of
from flowyml_infra.apply.engines.pulumi.seeking import Missing, seek
from flowyml_infra.apply.engines.pulumi.urns import component_urn
from flowyml_infra.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.apply.engines.pulumi.checkpoint import Checkpoint
    from flowyml_infra.apply.engines.pulumi.job import Job
    from flowyml_infra.apply.engines.pulumi.rollup import Rollup
    from flowyml_infra.apply.engines.pulumi.workspace import Workspace


def find_begun(workspace: Workspace, record: Checkpoint, jobs: Sequence[Job], foreseen: Rollup) -> Checkpoint:
    """Look up what ``jobs``, which were begun before, would make; the record with what is there.

    Raises:
        EngineError: Something cannot be looked up, or the cloud cannot be asked.
    """
    missing = {item.urn: (item, job) for job in jobs for item in _missing(workspace.name, job, foreseen, record)}
    if not missing:
        return record
    ids = {urn: id_of(item.type, item.inputs) for urn, (item, _) in missing.items()}
    sought = seek(workspace, [item for urn, (item, _) in missing.items() if ids[urn] is None])
    suspects: list[Mapping[str, Any]] = []
    for urn, (item, job) in missing.items():
        id_ = ids[urn] or only(sought.get(urn), item, job.address)
        if id_ is not None:
            component = component_urn(workspace.name, job.type, job.name)
            suspects.append(
                suspect(urn, item.type, id_, item.inputs, component, str(record.provider_of(item.provider)))
            )
    return look_up(workspace, workspace.exported(), suspects).record if suspects else record


def only(ids: list[str] | None, item: Missing, address: Address | None = None) -> str | None:
    """The one id among ``ids``; None when there is none.

    Raises:
        EngineError: Nobody knows, or there are several.
    """
    if ids is not None and len(ids) <= 1:
        return ids[0] if ids else None
    what = "cannot look it up" if ids is None else f"found {', '.join(ids)}"
    raise EngineError(
        f"an earlier apply began to make a {item.type}, and this one {what}",
        code="engine.begun",
        address=address,
        hint=f"keep at most one thing that is tagged {item.creation}; without any, `flowyml-infra state rm` the row",
    )


def _missing(stack: str, job: Job, foreseen: Rollup, record: Checkpoint) -> Iterator[Missing]:
    component = component_urn(stack, job.type, job.name)
    if component not in record.resources or job.provider not in record.resources:
        return  # nothing of it was ever begun
    for step in foreseen.steps(component):
        if step.operation == "create" and step.urn not in record.resources and step.urn != component:
            yield Missing(step.urn, step.type, step.inputs, job.creation_id, job.provider)
