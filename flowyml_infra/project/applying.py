"""Owns the way from a judged plan through the gate into an apply."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.apply.applying import Workplace, carry_out
from flowyml_infra.audit.actor import current_actor
from flowyml_infra.errors import PolicyDeniedError, StalePlanError
from flowyml_infra.policy.engine import policy_digest
from flowyml_infra.policy.gate import Gate
from flowyml_infra.project.engines import ENGINE_VERSIONS, engines
from flowyml_infra.project.events import record_check
from flowyml_infra.project.planning import compile_for_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from flowyml_infra.apply.result import ApplyEvent, ApplyResult
    from flowyml_infra.policy.gate import ApprovedPlan
    from flowyml_infra.project.facade import Project
    from flowyml_infra.project.planned import Planned
    from flowyml_infra.resources.compiled import Compiled


def apply_planned(
    project: Project,
    planned: Planned,
    *,
    parallelism: int,
    progress: Callable[[ApplyEvent], None] | None,
    stop: Event,
) -> ApplyResult:
    """See ``Project.apply``."""
    plan = planned.plan
    approved = _approve(project, planned)
    place = Workplace(
        store=project.store(),
        engines=engines(),
        root=project.root,
        around=planned.outside.surroundings(plan.bindings.policy_digest, ENGINE_VERSIONS, None),
        who=current_actor(),
        recheck=lambda: _recheck(project, planned),
        parallelism=parallelism,
        progress=progress or (lambda _: None),
        stop=stop,
    )
    return carry_out(approved, place)


def _approve(project: Project, planned: Planned) -> ApprovedPlan:
    gate = Gate(_in_force(project, planned).policies)
    try:
        return gate.approve(planned.plan)
    except PolicyDeniedError:
        record_check(project, planned)
        raise


def _recheck(project: Project, planned: Planned) -> None:
    """Under the lease: the source and the policies are still those that were approved.

    Raises:
        StalePlanError: They are not.
        PolicyDeniedError: The policies in force refuse the plan.
    """
    plan, fresh = planned.plan, _in_force(project, planned)
    if fresh.source_digest != plan.bindings.source_digest:
        raise StalePlanError(
            f"{plan.compiled.source} changed since the plan was made",
            code="plan.source_changed",
            hint="make a new plan with `flowyml-infra plan`",
        )
    if policy_digest(fresh.policies) != plan.bindings.policy_digest:
        raise StalePlanError(
            "the policies changed since the plan was made",
            code="plan.policy_changed",
            hint="make a new plan with `flowyml-infra plan`",
        )
    Gate(fresh.policies).approve(plan)


def _in_force(project: Project, planned: Planned) -> Compiled:
    """The definition and the policies as they are now; a definition that has no source stays as it was given."""
    if planned.request.stack is not None:
        request, destroy = planned.request, planned.plan.options.destroy
        return compile_for_plan(project, request.stack, request.env, force_env=request.force_env, destroy=destroy)
    return replace(planned.plan.compiled, policies=project.config.policies_document)
