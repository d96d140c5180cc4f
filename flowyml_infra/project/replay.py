"""Owns the replay of policies: what they would say about everything that stands recorded, before they are enforced."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flowyml_infra.errors import InfraError
from flowyml_infra.policy.engine import evaluate
from flowyml_infra.policy.loading import load_policy_file
from flowyml_infra.policy.subject import subject_of_record
from flowyml_infra.project.policies import facts_for, newest_files, policies_in_force

if TYPE_CHECKING:
    from flowyml_infra.policy.decision import Decision
    from flowyml_infra.policy.policy_set import PolicySet
    from flowyml_infra.project.facade import Project
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.state.key import DeploymentKey


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the policies say about one deployment; ``defined`` is False where its definition is gone or wrong."""

    key: DeploymentKey
    decision: Decision
    defined: bool


def replay(project: Project, file: str | None) -> list[Replayed]:
    """What the policies of ``file`` alone, or those in force, say about every recorded deployment.

    A file that is elsewhere is taken as it is there now, and not pinned.

    Raises:
        DefinitionError: The policies are wrong.
        ResolutionError: They are elsewhere, and not to be had.
    """
    policies = (
        policies_in_force(project, project.config.policies_document)
        if file is None
        else load_policy_file(file, newest_files(project))
    )
    return [_replayed(project, policies, key) for key in sorted(project.reader().deployments())]


def _replayed(project: Project, policies: PolicySet, key: DeploymentKey) -> Replayed:
    snapshot = project.reader().snapshot(key)
    compiled = definition_of(project, key)
    subject = subject_of_record(key, snapshot.rows.values(), compiled)
    subject = replace(subject, facts=facts_for(project, policies, subject))
    return Replayed(key, evaluate(subject, policies), compiled is not None)


def definition_of(project: Project, key: DeploymentKey) -> Compiled | None:
    """The definition of a recorded deployment, for its labels and image; None when it is gone or wrong."""
    environment = None if key.environment == "default" else key.environment
    try:
        return project.compile(key.stack, environment, force_env=environment is not None)
    except InfraError:
        return None
