"""Owns the way back: from an operation in the history to a plan for the definition that it applied.

What was applied is as it was then. What protects it is of today: policies, the environment's protection, secrets.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from flowyml_infra.errors import CorruptStateError
from flowyml_infra.plan.moves import moves_back
from flowyml_infra.project.events import record_plan
from flowyml_infra.project.planning import plan_compiled
from flowyml_infra.project.request import Request, Rollback
from flowyml_infra.state.rollback_target import find_target

if TYPE_CHECKING:
    from flowyml_infra.plan.plan import PlanOptions
    from flowyml_infra.project.facade import Project
    from flowyml_infra.project.planned import Planned
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.state.key import DeploymentKey
    from flowyml_infra.state.snapshot import Snapshot
    from flowyml_infra.state.store import OperationRecord


class WayBack(NamedTuple):
    """A plan back to what an operation applied.

    Attributes:
        planned: The plan.
        operation: The operation.
        definition: Where its definition was read then.
    """

    planned: Planned
    operation: OperationRecord
    definition: str


def plan_back(project: Project, key: DeploymentKey, wanted: str | None, options: PlanOptions) -> WayBack:
    """See ``Project.plan_rollback``."""
    reader = project.reader()
    snapshot = reader.snapshot(key)
    history = reader.history(key, limit=None, changes=False)
    operation = find_target(snapshot, history, wanted)
    digest = str(operation.recorded_definition)
    compiled = recorded_definition(project, key, digest)
    latest = next(item.recorded_definition for item in history if item.recorded_definition is not None)
    source = compiled.source
    compiled = returning(compiled, recorded_definition(project, key, latest), snapshot)
    compiled = replace(compiled, source=f"{source} as of operation {operation.id}")
    request = Request(None, key.environment, rollback=Rollback(operation.id, digest))
    planned = plan_compiled(project, compiled, request, options)
    record_plan(project, planned)
    return WayBack(planned, operation, source)


def recorded_definition(project: Project, key: DeploymentKey, digest: str) -> Compiled:
    """The definition that is kept under ``digest``, under the policies and the protection of today.

    Raises:
        CorruptStateError: It is damaged or gone.
        ResolutionError: There is no such environment any more.
    """
    compiled = project.reader().definition(key, digest)
    if compiled is None:
        raise CorruptStateError(f"the recorded definition {digest[:12]} of {key} is missing")
    config = project.config
    protected = config.environment(key.environment).protect
    return replace(compiled, protected=protected, policies=config.policies_document)


def returning(target: Compiled, latest: Compiled, snapshot: Snapshot) -> Compiled:
    """``target`` as it is applied once more: what moved since moves back, and nothing is taken over a second time.

    Args:
        target: An earlier definition.
        latest: The one that was applied last.
        snapshot: What is recorded.
    """
    return replace(target, moved=moves_back(latest, target, snapshot.rows), imports=())
