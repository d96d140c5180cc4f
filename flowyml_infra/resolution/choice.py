"""Owns the order in which places are asked which stack to use, and the agreement of a stack with its environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.definition.project_config import DEFAULT_ENVIRONMENT
from flowyml_infra.errors import ResolutionError
from flowyml_infra.resolution.active import ACTIVE_FILE, read_active_stack
from flowyml_infra.resolution.builtin import BUILTIN_STACK
from flowyml_infra.resolution.places import name_in
from flowyml_infra.resolution.resolved import Step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowyml_infra.definition.project_config import ProjectConfig
    from flowyml_infra.resolution.inputs import Inputs

STACK_VARIABLE = "FLOWYML_STACK"


def choose(
    argument: str | None, env: str | None, *, config: ProjectConfig, root: Path, inputs: Inputs
) -> tuple[Step, ...]:
    """Ask each place in turn, up to the first that answers; the last step is the one that did."""
    steps: list[Step] = []
    for step in _places(argument, env, config, root, inputs):
        steps.append(step)
        if step.answer is not None:
            break
    return tuple(steps)


def check_environment(env: str | None, config: ProjectConfig) -> str:
    """The environment's name.

    Raises:
        ResolutionError: flowyml.yaml declares no such environment.
    """
    if env == "":
        raise ResolutionError("the name of the environment is empty", hint="leave it out to use the default one")
    return config.environment(env).name


def check_agreement(name: str, env: str | None, config: ProjectConfig) -> None:
    """Refuse a stack that is not the one its environment maps to.

    Raises:
        ResolutionError: The environment maps to another stack.
    """
    mapped = mapped_stack(env, config)
    wanted = name_in(mapped) if mapped is not None else None
    if wanted is not None and wanted != name:
        raise ResolutionError(
            f"the environment {env!r} is for the stack {wanted!r}, not {name!r}",
            code="resolution.environment_mismatch",
            hint="name the environment's own stack or none, or insist with --force-env",
        )


def mapped_stack(env: str | None, config: ProjectConfig) -> str | None:
    """The stack that flowyml.yaml maps ``env`` to, or None."""
    declared = config.environments.get(env) if env is not None else None
    return declared.stack if declared is not None else None


def _places(argument: str | None, env: str | None, config: ProjectConfig, root: Path, inputs: Inputs) -> Iterator[Step]:
    mapped = mapped_stack(env, config)
    if mapped is not None and argument not in (None, mapped) and argument == name_in(mapped):
        # Which version or place a name means in an environment is for the environment to say.
        yield Step("argument", None, f"the stack {argument!r} was named, and its environment says which one that is")
    else:
        yield Step("argument", argument, "the stack was named" if argument else "no stack was named")
    yield Step("environment", mapped, _why_environment(env, mapped))
    variable = inputs.environ.get(STACK_VARIABLE) or None
    yield Step(STACK_VARIABLE, variable, f"{STACK_VARIABLE} is {'set' if variable else 'not set'}")
    active = read_active_stack(root, inputs)
    yield Step(ACTIVE_FILE, active, "a stack was made active here" if active else "no stack was made active here")
    configured = config.active_stack or None
    yield Step("flowyml.yaml", configured, f"active_stack is {'set' if configured else 'not set'}")
    # Nobody asked for an environment by name, so what `default` maps to only counts when nothing else does.
    fallback = mapped_stack(DEFAULT_ENVIRONMENT, config)
    if fallback is not None and env is None:
        yield Step("environment", fallback, f"the environment {DEFAULT_ENVIRONMENT!r} is for this stack")
    yield Step("built-in", BUILTIN_STACK, "nothing else was asked for")


def _why_environment(env: str | None, mapped: str | None) -> str:
    if env is None:
        return "no environment was named"
    return f"the environment {env!r} is {'for this stack' if mapped else 'not tied to a stack'}"
