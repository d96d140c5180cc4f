"""Owns the policies of a project: reading those in force, gathering the facts they need, and asking them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.policy.files import PolicyFiles, local_files
from flowyml_infra.policy.gate import Gate
from flowyml_infra.policy.loading import load_project_policies
from flowyml_infra.policy.subject import subject_of_plan, subject_of_run
from flowyml_infra.resolution.remotes import Mode
from flowyml_infra.state.key import DeploymentKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowyml_infra.diagnostics import Location
    from flowyml_infra.plan.plan import Plan
    from flowyml_infra.policy.decision import Decision
    from flowyml_infra.policy.facts import Facts
    from flowyml_infra.policy.policy_set import PolicySet
    from flowyml_infra.policy.subject import PolicySubject
    from flowyml_infra.project.facade import Project
    from flowyml_infra.resolution.loading import Loading
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.resources.values import Json


def policies_in_force(
    project: Project, document: Mapping[str, Json], loading: Callable[[], Loading] | None = None
) -> PolicySet:
    """The policies that ``document``, the ``policies`` section, puts in force, with every file as it is now.

    Args:
        project: The project.
        document: The section as plain JSON.
        loading: Makes what reads files that are elsewhere; by default they are taken as pinned, unless they moved.

    Raises:
        DefinitionError: One of them is wrong; ``diagnostics`` has every mistake with its place.
        ResolutionError: A file that is elsewhere is not to be had as it is pinned.
    """

    def locate(*path: str | int) -> Location | None:
        # flowyml.yaml is only read again when there is a mistake to be placed.
        return project.config.location_of(*path)

    files = PolicyFiles(project.root, loading or (lambda: project.resolver().loading()))
    return load_project_policies(project.root, document, locate, files)


def newest_files(project: Project) -> PolicyFiles:
    """The files of policies that are only tried: those elsewhere as they are there now, whatever is pinned."""
    return PolicyFiles(project.root, lambda: project.resolver().loading(mode=Mode.UPDATE, keep=False))


def gate_of(project: Project, compiled: Compiled) -> Gate:
    """The gate with the policies that count for ``compiled``.

    Raises:
        DefinitionError: One of them is wrong.
    """
    return Gate(policies_in_force(project, compiled.policies))


def plan_facts(project: Project, gate: Gate, plan: Plan) -> Facts:
    """What the gate needs to know to judge ``plan``."""
    return facts_for(project, gate.policies, subject_of_plan(plan))


def run_facts(project: Project, gate: Gate, compiled: Compiled, image: str | None) -> Facts:
    """What the gate needs to know to judge a run on ``compiled``, in ``image`` where that is the run's own."""
    return facts_for(project, gate.policies, subject_of_run(compiled, image))


def facts_for(project: Project, policies: PolicySet, subject: PolicySubject) -> Facts:
    """What ``policies`` need to know to judge ``subject``; nothing is asked outside that no rule needs."""
    from flowyml_infra.collectors.gathering import collect

    facts = collect(subject, policies, local_files(project.root))
    if "drift" not in policies.needs(subject):
        return facts
    from flowyml_infra.project.known_drift import drift_facts

    return replace(facts, drift=drift_facts(project, DeploymentKey(subject.stack, subject.environment)))


def judge_plan(project: Project, plan: Plan) -> Decision:
    """What the policies of the plan's own definition say to it now; refuses nothing."""
    gate = gate_of(project, plan.compiled)
    return gate.check(plan, plan_facts(project, gate, plan))
