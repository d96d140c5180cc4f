"""Owns the taking over of what Terraform made: what it has is matched with a stack, and the imports are planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.plan.plan import PlanOptions
from flowyml_infra.project.planning import compile_for_plan
from flowyml_infra.project.terraform.matching import match
from flowyml_infra.state.key import DeploymentKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.project.facade import Project
    from flowyml_infra.project.planned import Planned
    from flowyml_infra.project.terraform.outcome import Matching
    from flowyml_infra.project.terraform.terraform_state import TerraformState


def match_with_stack(
    project: Project,
    state: TerraformState,
    deployment: tuple[str | None, str | None],
    said: Sequence[tuple[str, Address]] = (),
    excluded: Sequence[Address] = (),
) -> Matching:
    """What of ``state`` is which resource of a stack in an environment; the rest is as for :func:`match`.

    Raises:
        ResolutionError: ``deployment`` leads nowhere.
        DefinitionError: The definition is wrong.
        UsageError: What was said names something twice, or nothing.
        PlanError: What was said cannot be.
    """
    compiled = compile_for_plan(project, *deployment, force_env=False, destroy=False)
    snapshot = project.reader().snapshot(DeploymentKey(compiled.name, compiled.environment))
    return match(state, compiled, snapshot, said, excluded)


def plan_imports(project: Project, matching: Matching, deployment: tuple[str | None, str | None]) -> Planned:
    """The plan that takes over what ``matching`` matched, and nothing else.

    Raises:
        InfraError: As :meth:`Project.plan`.
    """
    adoptions = tuple(item.adoption for item in matching.matches)
    targets = tuple(item.address for item in adoptions)
    stack, env = deployment
    return project.plan(stack, env=env, options=PlanOptions(targets=targets), imports=adoptions)
