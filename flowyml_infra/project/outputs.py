"""Owns the reading of an applied stack's outputs, with their secrets opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.errors import OutputError
from flowyml_infra.outputs.contracts import StackOutputs
from flowyml_infra.project.surroundings import unseal_output

if TYPE_CHECKING:
    from flowyml_infra.project.facade import Project
    from flowyml_infra.resources.values import Value
    from flowyml_infra.state.key import DeploymentKey
    from flowyml_infra.state.snapshot import Snapshot


def stack_outputs(project: Project, key: DeploymentKey) -> StackOutputs:
    """The outputs of ``key``.

    Raises:
        OutputError: It is not applied; the hint is the command that applies it.
    """
    return StackOutputs.of(opened_outputs(project, applied(project, key)))


def applied(project: Project, key: DeploymentKey) -> Snapshot:
    """What is recorded of ``key``.

    Raises:
        OutputError: It is not applied.
    """
    snapshot = project.reader().snapshot(key)
    if not snapshot.outputs:
        raise OutputError(
            f"the stack {key.stack} is not applied in the environment {key.environment}",
            code="output.not_applied",
            hint=f"run `{apply_command(key)}`",
        )
    return snapshot


def apply_command(key: DeploymentKey) -> str:
    """The command that applies ``key``."""
    env = "" if key.environment == "default" else f" --env {key.environment}"
    return f"flowyml-infra apply {key.stack}{env}"


def opened_outputs(project: Project, snapshot: Snapshot) -> dict[str, dict[str, Value]]:
    """The component outputs of ``snapshot``, secrets in the clear."""
    lineage = snapshot.lineage or ""
    return {
        component: {name: unseal_output(value, lineage, component, project.sealer) for name, value in values.items()}
        for component, values in snapshot.outputs.items()
    }
