"""Owns the way of what a look found through the gate into the recorded state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.apply.applying import Workplace
from flowyml_infra.apply.taking import take_in
from flowyml_infra.audit.actor import current_actor
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.policy.gate import Gate, checked_facts, require_allowed
from flowyml_infra.policy.subject import subject_of_record
from flowyml_infra.project.engines import ENGINE_VERSIONS, engines
from flowyml_infra.project.policies import facts_for, policies_in_force
from flowyml_infra.project.replay import definition_of
from flowyml_infra.project.surroundings import Outside

if TYPE_CHECKING:
    from flowyml_infra.project.drifting import Drift
    from flowyml_infra.project.facade import Project
    from flowyml_infra.state.key import DeploymentKey


def take_in_drift(project: Project, drift: Drift) -> int:
    """See ``Project.refresh``."""
    admit_act(project, drift.key, "refresh")
    outside = Outside(drift.key.environment, project.reader(), project.sealer)
    place = Workplace(
        store=project.store(),
        engines=engines(project),
        root=project.root,
        around=outside.surroundings("", ENGINE_VERSIONS, None),
        who=current_actor(),
        recheck=lambda: None,
    )
    return take_in(drift.snapshot, drift.sighting.refreshed, place)


def admit_act(project: Project, key: DeploymentKey, command: str) -> None:
    """Ask the rules about who does something and when; what others changed in the world is no reason to refuse.

    Args:
        project: The project.
        key: The deployment.
        command: What is done.

    Raises:
        PolicyDeniedError: One of them refuses.
    """
    compiled = definition_of(project, key)
    document = project.config.policies_document if compiled is None else compiled.policies
    policies = policies_in_force(project, document)
    acting = tuple(entry for entry in policies.entries if entry.rule.purposes >= {"apply", "destroy", "record"})
    gate = Gate(replace(policies, entries=acting))
    subject = subject_of_record(key, (), compiled)
    decision = gate.check_record(replace(subject, facts=facts_for(project, gate.policies, subject)))
    if decision.refusals:
        facts = {**checked_facts(decision), "gate": command}
        project.note_events(AuditEvent("PolicyChecked", key.stack, key.environment, facts))
    require_allowed(decision, f"the {command} of {key}")
