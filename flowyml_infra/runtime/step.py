"""Owns the step: a function with what a pipeline has to know about it; running it is not done here."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, replace
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, Protocol, TypeAlias, TypeVar, overload

from flowyml_infra.errors import PipelineError
from flowyml_infra.runtime.arguments import Inputs, arguments_of, lay_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flowyml_infra.resolution.resolver import StackArgument
    from flowyml_infra.resources.values import Json
    from flowyml_infra.runtime.arguments import Argument

P = ParamSpec("P")
R = TypeVar("R")

Caching: TypeAlias = "bool | Literal['code_hash', 'input_hash']"
"""``True`` or ``code_hash``: by code, inputs, parameters; ``input_hash``: without the code; ``False``: not at all."""


class Resources(Protocol):
    """What a step asks for, for example a ``ResourceConfig``."""

    def to_json(self) -> dict[str, Json]:
        """What is asked for as plain JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOptions:
    """How a step is wired and carried out; see :func:`step` for each attribute."""

    name: str | None = None
    inputs: Inputs = None
    outputs: Sequence[str] | None = None
    retries: int = 0
    retry_delay: float = 0.0
    timeout: float | None = None
    cache: Caching = True
    stack: StackArgument = None
    resources: Resources | None = None


@dataclass(eq=False)
class Step(Generic[P, R]):
    """A function that a pipeline can carry out; called by itself it is the function and nothing else.

    Attributes:
        function: The function.
        options: How it is wired and carried out.
        name: Its name in a pipeline.
        outputs: The names of what it gives; without any in the options, the step's own name.
        arguments: Where the function's arguments come from.

    Raises:
        PipelineError: The options contradict the function or themselves.
    """

    function: Callable[P, R]
    options: StepOptions = field(default_factory=StepOptions)

    def __post_init__(self) -> None:
        name: str = self.options.name or str(getattr(self.function, "__name__", ""))
        self.name = "" if name == "<lambda>" else name
        _check(self.function, self.name, self.options)
        given = self.options.outputs
        self.outputs: tuple[str, ...] = (self.name,) if given is None else tuple(given)
        self.arguments: tuple[Argument, ...] = arguments_of(self.function, self.options.inputs, self.name)
        update_wrapper(self, self.function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function, with no cache, no retry and no record."""
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Step({self.name!r})"

    def invoke(self, values: Mapping[str, object]) -> object:
        """Call the function with ``values`` by parameter; what they leave out keeps its default."""
        positional, named = lay_out(self.arguments, values)
        function: Callable[..., object] = self.function
        return function(*positional, **named)

    def split(self, value: object) -> dict[str, object]:
        """What the function gave back, by the names of the outputs.

        Raises:
            PipelineError: It is not what the outputs ask for.
        """
        names = self.outputs
        if len(names) == 1:
            return {names[0]: value}
        if not names:
            return {}
        if isinstance(value, dict) and set(value) == set(names):
            return {name: value[name] for name in names}
        if isinstance(value, (tuple, list)) and len(value) == len(names):
            return dict(zip(names, value, strict=True))
        got = f"{len(value)} values" if isinstance(value, (tuple, list)) else f"a {type(value).__name__}"
        raise PipelineError(
            f"the step {self.name!r} gave {got} for the outputs {', '.join(names)}",
            code="pipeline.outputs",
            hint=f"give back {len(names)} values in this order, or a dictionary with just these keys",
        )


@overload
def step(function: Callable[P, R], /) -> Step[P, R]: ...


@overload
def step(
    function: Callable[P, R],
    /,
    *,
    name: str | None = ...,
    inputs: Inputs = ...,
    outputs: Sequence[str] | None = ...,
    retries: int = ...,
    retry_delay: float = ...,
    timeout: float | None = ...,
    cache: Caching = ...,
    stack: StackArgument = ...,
    resources: Resources | None = ...,
) -> Step[P, R]: ...


@overload
def step(
    *,
    name: str | None = ...,
    inputs: Inputs = ...,
    outputs: Sequence[str] | None = ...,
    retries: int = ...,
    retry_delay: float = ...,
    timeout: float | None = ...,
    cache: Caching = ...,
    stack: StackArgument = ...,
    resources: Resources | None = ...,
) -> Callable[[Callable[P, R]], Step[P, R]]: ...


def step(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a step of a function; ``@step`` alone, or ``@step(…)`` with options.

    Args:
        function: The function, or a step to make another one of.
        **options: As follows.
        name: The step's name; by default the function's.
        inputs: The names of what it takes, each the output of another step or a context parameter. An input goes to the
            parameter of its name, else in order to the parameters that are left, else to ``*args`` or ``**kwargs``. Or
            a mapping from parameter to input. By default every parameter is an input of its own name.
        outputs: The names of what it gives: one for the value as it is, several for a tuple or a dictionary of as many,
            none for nothing. By default one of the step's own name.
        retries: How often it is tried again after an exception.
        retry_delay: Seconds between two attempts.
        timeout: Seconds after which an attempt fails. Its thread is then told to stop, which Python does at its next
            instruction: an attempt that is waiting inside a call to C goes on until that call is back, and what it
            still does outside is not undone. Its result is never used.
        cache: Whether results are used again when code, inputs and parameters are the same. A step that reads anything
            else (the clock, a table, a file that is not given as a ``Path`` parameter) should say ``cache=False``.
        stack: A stack of its own, whose executor and artifact store are used for this step.
        resources: What it asks for. It is recorded, and executors outside this process act on it.

    Raises:
        PipelineError: The options contradict the function or themselves.
    """
    if function is None:
        return lambda given: step(given, **options)
    if isinstance(function, Step):
        return Step(function.function, replace(function.options, **options))
    return Step(function, StepOptions(**options))


def as_step(function: Callable[..., Any]) -> Step[..., Any]:
    """``function`` as a step, which it may be already."""
    return function if isinstance(function, Step) else Step(function)


def _check(function: Callable[..., Any], name: str, options: StepOptions) -> None:
    title = f"the step {name!r}" if name else "a step"
    if not callable(function):
        raise PipelineError(f"a {type(function).__name__} is not a function", code="pipeline.step")
    if not name:
        raise PipelineError("a step needs a name", code="pipeline.step", hint="give name=…, or use a named function")
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        kind = "coroutine" if inspect.iscoroutinefunction(function) else "generator"
        raise PipelineError(
            f"{title} is a {kind} function",
            code="pipeline.step",
            hint="make it a plain function that gives a value back",
        )
    if type(options.retries) is not int or options.retries < 0:
        raise PipelineError(f"{title} has retries={options.retries!r}", code="pipeline.step", hint="give 0, 1, 2, …")
    if options.retry_delay < 0:
        raise PipelineError(f"{title} has a negative retry_delay", code="pipeline.step", hint="give seconds")
    if options.timeout is not None and options.timeout <= 0:
        raise PipelineError(
            f"{title} has timeout={options.timeout!r}", code="pipeline.step", hint="give seconds, or None"
        )
    if options.cache not in (True, False, "code_hash", "input_hash"):
        raise PipelineError(
            f"{title} has cache={options.cache!r}",
            code="pipeline.step",
            hint="give True, False, 'code_hash' (the same as True) or 'input_hash' (the code does not count)",
        )
    _check_names(title, options)


def _check_names(title: str, options: StepOptions) -> None:
    for what in ("inputs", "outputs"):
        given: Any = getattr(options, what)
        if isinstance(given, str):
            raise PipelineError(f"{title} has {what}={given!r}", code="pipeline.step", hint=f"write {what}=[{given!r}]")
        if given is not None and any(not isinstance(item, str) or not item for item in given):
            raise PipelineError(f"{title} has {what} that are no names", code="pipeline.step", hint="give texts")
    outputs = list(options.outputs or ())
    if len(set(outputs)) < len(outputs):
        raise PipelineError(f"{title} names an output twice", code="pipeline.step")
