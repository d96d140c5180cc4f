"""Owns the way from a judged plan through the gate into an apply."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.apply.applying import Workplace, carry_out
from flowyml_infra.audit.actor import current_actor
from flowyml_infra.errors import PolicyDeniedError, StalePlanError
from flowyml_infra.project.engines import ENGINE_VERSIONS, engines
from flowyml_infra.project.events import record_check
from flowyml_infra.project.planning import compile_for_plan
from flowyml_infra.project.policies import gate_of, plan_facts
from flowyml_infra.project.rollback import recorded_definition

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from flowyml_infra.apply.result import ApplyEvent, ApplyResult
    from flowyml_infra.policy.gate import ApprovedPlan, Gate
    from flowyml_infra.project.facade import Project
    from flowyml_infra.project.planned import Planned
    from flowyml_infra.project.request import Request
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
        engines=engines(project),
        root=project.root,
        around=planned.outside.surroundings(plan.bindings.policy_digest, ENGINE_VERSIONS, None),
        who=current_actor(),
        recheck=lambda: _recheck(project, planned),
        parallelism=parallelism,
        progress=progress or (lambda _: None),
        stop=stop,
        saved=planned.saved_in is not None,
    )
    return carry_out(approved, place)


def _approve(project: Project, planned: Planned) -> ApprovedPlan:
    gate = _current_gate(project, planned)
    facts = plan_facts(project, gate, planned.plan)
    try:
        return gate.approve(planned.plan, facts)
    except PolicyDeniedError:
        record_check(project, planned.plan, gate.check(planned.plan, facts))
        raise


def _recheck(project: Project, planned: Planned) -> None:
    """Under the lease: the source and the policies are still those that were approved.

    Raises:
        StalePlanError: They are not.
        PolicyDeniedError: The policies in force refuse the plan.
    """
    gate = _current_gate(project, planned)
    gate.approve(planned.plan, plan_facts(project, gate, planned.plan))


def _current_gate(project: Project, planned: Planned) -> Gate:
    """The gate as it is now, for a plan whose source is still what it was."""
    plan, fresh = planned.plan, _in_force(project, planned)
    if fresh.source_digest != plan.bindings.source_digest:
        raise StalePlanError(
            f"{plan.compiled.source} changed since the plan was made",
            code="plan.source_changed",
            hint="make a new plan with `flowyml-infra plan`",
        )
    if fresh.protected and not plan.compiled.protected:
        raise StalePlanError(
            f"the environment {plan.key.environment} is protected since the plan was made",
            code="plan.protection_changed",
            hint="make a new plan with `flowyml-infra plan`",
        )
    gate = gate_of(project, fresh)
    if gate.policies.digest != plan.bindings.policy_digest:
        raise StalePlanError(
            "the policies changed since the plan was made",
            code="plan.policy_changed",
            hint="make a new plan with `flowyml-infra plan`",
        )
    return gate


def _in_force(project: Project, planned: Planned) -> Compiled:
    """The definition and the policies as they are now; a definition that has no source stays as it was given.

    A plan back to a recorded definition has that for its source, whatever is written in files. What a saved plan was
    made from is read with the variables of that time: those of this machine do not matter.
    """
    if planned.request.rollback is not None:
        return recorded_definition(project, planned.plan.key, planned.request.rollback.definition)
    if planned.request.stack is not None:
        request, destroy = planned.request, planned.plan.options.destroy
        environ = planned.plan.compiled.environ_of_then(os.environ) if planned.saved_in is not None else None
        return compile_for_plan(
            project,
            _stack(project, request),
            request.env,
            force_env=request.force_env,
            destroy=destroy,
            environ=environ,
        )
    return replace(planned.plan.compiled, policies=project.config.policies_document)


def _stack(project: Project, request: Request) -> str | None:
    """What was asked for; a manifest's path counts from the project, wherever the plan is applied from."""
    return request.stack if request.file is None else str(project.root / request.file)
