"""Owns the way from a compiled definition to a judged plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.plan.planner import make_plan
from flowyml_infra.plan.refreshed import Refreshed, overlay_snapshot
from flowyml_infra.policy.engine import policy_digest
from flowyml_infra.policy.gate import Gate
from flowyml_infra.project.engines import ENGINE_VERSIONS
from flowyml_infra.project.planned import Planned, Request
from flowyml_infra.project.surroundings import Outside
from flowyml_infra.state.snapshot import DeploymentKey

if TYPE_CHECKING:
    from flowyml_infra.plan.plan import PlanOptions
    from flowyml_infra.project.facade import Project
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.state.snapshot import Snapshot


def plan_compiled(project: Project, compiled: Compiled, request: Request, options: PlanOptions) -> Planned:
    """Plan ``compiled`` against the recorded state, and judge the plan.

    Raises:
        PlanError: A protected resource would go, or an address names nothing.
        CorruptStateError: The state is damaged.
    """
    key = DeploymentKey(compiled.name, compiled.environment)
    outside = Outside(compiled.environment, project.reader(), project.sealer)
    around = outside.surroundings(policy_digest(compiled.policies), ENGINE_VERSIONS, None)
    snapshot = project.reader().snapshot(key)
    refreshed = _refreshed(project, snapshot, outside) if options.refresh and snapshot.exists else Refreshed()
    plan = make_plan(compiled, overlay_snapshot(snapshot, refreshed), options, around)
    plan = replace(plan, refreshed=refreshed)
    return Planned(plan, Gate(compiled.policies).check(plan), request, outside)


def _refreshed(project: Project, snapshot: Snapshot, outside: Outside) -> Refreshed:
    from flowyml_infra.apply.refresh import refresh
    from flowyml_infra.project.engines import reading_bench

    return refresh(snapshot, reading_bench(project, snapshot, outside))
