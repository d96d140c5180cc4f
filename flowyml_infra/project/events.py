"""Owns which audit events the facade's own steps leave; those of an apply are written with its operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.audit.origin import trust_tokens
from flowyml_infra.errors import DefinitionError
from flowyml_infra.policy.gate import checked_facts

if TYPE_CHECKING:
    from flowyml_infra.plan.plan import Plan
    from flowyml_infra.policy.decision import Decision
    from flowyml_infra.project.facade import Project
    from flowyml_infra.project.planned import Planned


def record_plan(project: Project, planned: Planned) -> None:
    """Append PlanCreated and PolicyChecked."""
    project.note_events(*plan_events(planned))


def plan_events(planned: Planned) -> tuple[AuditEvent, AuditEvent]:
    """PlanCreated and PolicyChecked for ``planned``."""
    plan = planned.plan
    stack, environment = plan.key.stack, plan.key.environment
    facts = {"plan_digest": plan.digest, "serial": plan.bindings.serial, "summary": plan.summary.to_json()}
    if planned.request.rollback is not None:
        facts["rollback"] = planned.request.rollback._asdict()
    return (
        AuditEvent("PlanCreated", stack, environment, facts),
        AuditEvent("PolicyChecked", stack, environment, checked_facts(planned.decision, plan)),
    )


def record_check(project: Project, plan: Plan, decision: Decision) -> None:
    """Append PolicyChecked, for a gate that was passed or not."""
    facts = checked_facts(decision, plan)
    project.append_events(AuditEvent("PolicyChecked", plan.key.stack, plan.key.environment, facts))


def believe_tokens(project: Project) -> None:
    """Let events from now on say of the identity token whether it is one that ``audit.tokens`` of flowyml.yaml trusts.

    Raises:
        AuditError: The keys cannot be read.
    """
    try:
        trust = project.config.token_trust()
    except DefinitionError:
        # Whoever needs flowyml.yaml says what is wrong with it.
        trust = None
    trust_tokens(trust)
