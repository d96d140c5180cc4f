"""Owns where each argument of a step's function comes from, as far as its signature and its declared inputs tell."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Inputs: TypeAlias = "Sequence[str] | Mapping[str, str] | None"
"""Names of inputs in the order of the parameters, or input by parameter; None when they are called the same."""


class Passing(Enum):
    """How a value is handed to a function."""

    BY_POSITION = "position"
    BY_NAME = "name"


@dataclass(frozen=True, slots=True)
class Argument:
    """One value that a function is called with.

    Attributes:
        parameter: The name that it is handed over by, when it is.
        source: The name of the output or the context parameter that it is.
        passing: How it is handed over.
        declared: It was named in ``inputs``.
        required: The function has no default for it.
    """

    parameter: str
    source: str
    passing: Passing
    declared: bool
    required: bool


def arguments_of(function: Callable[..., Any], inputs: Inputs, step: str) -> tuple[Argument, ...]:
    """The arguments of ``function``.

    Declared inputs go to the parameters of the same name; the others go, in their order, to the parameters that are
    left, and then to ``*args`` or ``**kwargs``. Every other parameter is looked up by its own name.

    Raises:
        PipelineError: An input finds no parameter, or is named twice.
    """
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    single = [item for item in parameters if item.kind not in (item.VAR_POSITIONAL, item.VAR_KEYWORD)]
    sources = _match(single, inputs, step)
    taken = set(sources.values())
    extra = [name for name in _names(inputs) if name not in taken]
    found = [
        Argument(
            parameter=item.name,
            source=sources.get(item.name, item.name),
            passing=Passing.BY_POSITION if item.kind is item.POSITIONAL_ONLY else Passing.BY_NAME,
            declared=item.name in sources,
            required=item.default is item.empty,
        )
        for item in single
    ]
    return (*found, *_extra(parameters, found, extra, step))


def lay_out(arguments: Sequence[Argument], values: Mapping[str, object]) -> tuple[list[object], dict[str, object]]:
    """What a function is called with: ``values``, by parameter, by position and by name."""
    given = [item for item in arguments if item.parameter in values]
    positional = [values[item.parameter] for item in given if item.passing is Passing.BY_POSITION]
    return positional, {item.parameter: values[item.parameter] for item in given if item.passing is Passing.BY_NAME}


def _match(single: Sequence[inspect.Parameter], inputs: Inputs, step: str) -> dict[str, str]:
    """The declared input of each parameter that has one."""
    names = [item.name for item in single]
    if isinstance(inputs, Mapping):
        for parameter in inputs:
            if parameter not in names:
                raise _no_parameter(step, parameter, names)
        return dict(inputs)
    declared = list(inputs or ())
    twice = next((name for name in declared if declared.count(name) > 1), None) if len(declared) < 100 else None
    if twice is not None or len(set(declared)) < len(declared):
        raise PipelineError(f"the step {step!r} names the input {twice or 'one'} twice", code="pipeline.inputs")
    sources = {name: name for name in declared if name in set(names)}
    left = [item.name for item in single if item.name not in sources and item.kind is not item.KEYWORD_ONLY]
    rest = [name for name in declared if name not in sources]
    return sources | dict(zip(left, rest, strict=False))


def _extra(
    parameters: Sequence[inspect.Parameter], found: Sequence[Argument], extra: Sequence[str], step: str
) -> list[Argument]:
    """Arguments for the inputs that no single parameter takes."""
    if not extra:
        return []
    kinds = {item.kind for item in parameters}
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        # Whatever stands before *args would have to be handed over by position, where defaults cannot be left out.
        if any(item.kind is item.POSITIONAL_OR_KEYWORD for item in parameters):
            raise PipelineError(
                f"the step {step!r} takes inputs through *args after other parameters",
                code="pipeline.inputs",
                hint="put the other parameters after *args, or take the inputs through **kwargs",
            )
        return [Argument(f"*{name}", name, Passing.BY_POSITION, declared=True, required=True) for name in extra]
    if inspect.Parameter.VAR_KEYWORD in kinds:
        return [Argument(name, name, Passing.BY_NAME, declared=True, required=True) for name in extra]
    raise _no_parameter(step, extra[0], [item.parameter for item in found])


def _names(inputs: Inputs) -> Iterable[str]:
    return () if inputs is None else inputs.values() if isinstance(inputs, Mapping) else inputs


def _no_parameter(step: str, name: str, names: Sequence[str]) -> PipelineError:
    there = f"it takes {', '.join(names)}" if names else "it takes none"
    return PipelineError(
        f"the function of the step {step!r} has no parameter for {name!r}",
        code="pipeline.inputs",
        hint=did_you_mean(name, names) or there,
    )
