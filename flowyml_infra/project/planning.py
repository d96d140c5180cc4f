"""Owns the way from a compiled definition to a judged plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import (
    DefinitionError,
    PlanError,
    ResolutionError,
    SourceRefusedError,
    SourceUnreachableError,
)
from flowyml_infra.plan.planner import make_plan
from flowyml_infra.plan.refreshed import Refreshed, overlay_snapshot
from flowyml_infra.project.engines import ENGINE_VERSIONS
from flowyml_infra.project.planned import Planned
from flowyml_infra.project.policies import gate_of, plan_facts
from flowyml_infra.project.surroundings import Outside
from flowyml_infra.resources.compiled import Adoption, Compiled
from flowyml_infra.resources.graph import Graph
from flowyml_infra.state.key import DeploymentKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.plan.plan import PlanOptions
    from flowyml_infra.project.facade import Project
    from flowyml_infra.project.request import Request
    from flowyml_infra.resolution.resolver import StackArgument
    from flowyml_infra.state.snapshot import Snapshot


def compile_for_plan(
    project: Project,
    stack: StackArgument,
    env: str | None,
    *,
    force_env: bool,
    destroy: bool,
    environ: Mapping[str, str] | None = None,
) -> Compiled:
    """The definition to plan; one that is gone is taken for empty when what is recorded of it is to be destroyed.

    Raises:
        ResolutionError: ``stack`` or ``env`` leads nowhere, and nothing is recorded under the name either.
        DefinitionError: The definition is wrong.
    """
    try:
        return project.compile(stack, env, force_env=force_env, environ=environ)
    except (SourceRefusedError, SourceUnreachableError):
        # The definition is there, only not to be had just now; what it protects must not go without being asked.
        raise
    except ResolutionError:
        key = DeploymentKey(stack, env or "default") if isinstance(stack, str) else None
        if not destroy or key is None or key not in project.reader().deployments():
            raise
        return _recorded_only(project, key)


def with_imports(compiled: Compiled, imports: tuple[Adoption, ...]) -> Compiled:
    """``compiled`` with further things to take over.

    Raises:
        PlanError: One of them is not declared, or the definition imports something there already.
    """
    for item in imports:
        if item.address not in compiled.graph.specs:
            hint = did_you_mean(item.address, compiled.graph.specs) or "declare it under spec.resources first"
            raise PlanError(f"{item.address} is to be imported, but is not declared", address=item.address, hint=hint)
        if any(item.address == other.address for other in compiled.imports):
            raise PlanError(
                f"{compiled.source} imports {item.address} by itself", address=item.address, hint="apply it"
            )
    return replace(compiled, imports=(*compiled.imports, *imports))


def _recorded_only(project: Project, key: DeploymentKey) -> Compiled:
    config = project.config
    return Compiled(
        name=key.stack,
        environment=key.environment,
        version=None,
        labels={},
        provider="local",
        image=None,
        source="recorded state",
        source_digest="",
        definition_digest="",
        document={},
        graph=Graph({}),
        protected=config.environment(key.environment).protect,
        policies=config.policies_document,
    )


def plan_compiled(project: Project, compiled: Compiled, request: Request, options: PlanOptions) -> Planned:
    """Plan ``compiled`` against the recorded state, and judge the plan.

    Raises:
        DefinitionError: A place that it needs, such as a region, is said nowhere.
        PlanError: A protected resource would go, or an address names nothing.
        CorruptStateError: The state is damaged.
    """
    if compiled.gaps and not options.destroy:
        raise DefinitionError(
            f"{compiled.source} does not say all that a plan needs", code="plan.gaps", diagnostics=compiled.gaps
        )
    key = DeploymentKey(compiled.name, compiled.environment)
    outside = Outside(compiled.environment, project.reader(), project.sealer)
    gate = gate_of(project, compiled)
    around = outside.surroundings(gate.policies.digest, ENGINE_VERSIONS, None)
    snapshot = project.reader().snapshot(key)
    refreshed = _refreshed(project, snapshot, outside) if options.refresh and snapshot.exists else Refreshed()
    plan = make_plan(compiled, overlay_snapshot(snapshot, refreshed), options, around)
    plan = replace(plan, refreshed=refreshed)
    return Planned(plan, gate.check(plan, plan_facts(project, gate, plan)), request, outside)


def with_preview(project: Project, planned: Planned) -> Planned:
    """``planned`` with the engines' own view of it.

    Raises:
        ApplyError: An engine would refuse it.
    """
    from flowyml_infra.apply.intents import preview
    from flowyml_infra.project.engines import engines, reading_bench

    plan = planned.plan
    snapshot = project.reader().snapshot(plan.key)
    bench = reading_bench(project, snapshot, planned.outside)
    bench.recall(overlay_snapshot(snapshot, plan.refreshed).rows)
    return replace(planned, preview=preview(plan, bench, engines(project)))


def _refreshed(project: Project, snapshot: Snapshot, outside: Outside) -> Refreshed:
    from flowyml_infra.apply.refresh import refresh
    from flowyml_infra.project.engines import reading_bench

    return refresh(snapshot, reading_bench(project, snapshot, outside))
