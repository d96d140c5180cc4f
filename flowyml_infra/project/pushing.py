"""Owns the way of an exported state through the gate into the record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.errors import PolicyDeniedError
from flowyml_infra.policy.gate import Gate, checked_facts
from flowyml_infra.policy.subject import subject_of_record
from flowyml_infra.project.policies import facts_for, policies_in_force
from flowyml_infra.project.replay import definition_of
from flowyml_infra.state.push import push

if TYPE_CHECKING:
    from flowyml_infra.project.facade import Project
    from flowyml_infra.state.key import DeploymentKey
    from flowyml_infra.state.push import Export


def push_state(project: Project, key: DeploymentKey, export: Export, *, force: bool) -> tuple[int, int]:
    """See ``Project.push_state``."""
    gate = Gate(policies_in_force(project, project.config.policies_document))
    subject = subject_of_record(key.stack, key.environment, export.rows, definition_of(project, key))
    subject = replace(subject, facts=facts_for(project, gate.policies, subject))
    try:
        decision = gate.admit_record(subject)
    except PolicyDeniedError:
        refused = {"decision": "deny", "gate": "push", "policy_digest": gate.policies.digest}
        project.note_events(AuditEvent("PolicyChecked", key.stack, key.environment, refused))
        raise
    facts = {**checked_facts(decision), "gate": "push"}
    project.append_events(AuditEvent("PolicyChecked", key.stack, key.environment, facts))
    return push(project.store(), key, export, force=force)
