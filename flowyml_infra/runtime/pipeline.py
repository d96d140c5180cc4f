"""Owns the pipeline: steps under a name, what they are wired to, and how they are run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from flowyml_infra.errors import PipelineError
from flowyml_infra.runtime.context import Context
from flowyml_infra.runtime.run import Run, RunOptions
from flowyml_infra.runtime.step import as_step
from flowyml_infra.runtime.wiring import unused_params, wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from flowyml_infra.resolution.resolver import StackArgument
    from flowyml_infra.runtime.orchestrators.orchestrator import Orchestrator
    from flowyml_infra.runtime.result import PipelineResult
    from flowyml_infra.runtime.step import Step
    from flowyml_infra.runtime.wiring import Node


class Pipeline:
    """Steps under a name.

    Args:
        name: The pipeline's name; runs are listed under it.
        stack: What it runs on: a name, path or URI, a definition, or a stack object. None leaves the choice to ``env``,
            ``FLOWYML_STACK``, the active stack, the project and the built-in local stack, in this order.
        env: The environment's name.
        context: Parameters for the steps.
        steps: The first steps; :meth:`add_step` adds more.
        cache: Whether results of earlier runs may be used.
        project_root: The project's folder; by default the one around the working directory.
    """

    def __init__(
        self,
        name: str,
        stack: StackArgument = None,
        env: str | None = None,
        context: Context | Mapping[str, object] | None = None,
        steps: Iterable[Callable[..., Any]] = (),
        *,
        cache: bool = True,
        project_root: str | Path | None = None,
    ) -> None:
        if not name:
            raise PipelineError("a pipeline needs a name", code="pipeline.name")
        self.name = name
        self.stack = stack
        self.env = env
        self.context = context if isinstance(context, Context) else Context(context or {})
        self.cache = cache
        self.project_root = project_root
        self._steps: list[Step[..., Any]] = [as_step(function) for function in steps]

    def __repr__(self) -> str:
        return f"Pipeline({self.name!r}, steps=[{', '.join(step.name for step in self._steps)}])"

    @property
    def steps(self) -> Sequence[Step[..., Any]]:
        """The steps in the order in which they were added."""
        return tuple(self._steps)

    def add_step(self, function: Callable[..., Any]) -> Self:
        """Add a step, or a plain function as one; returns the pipeline, so that calls can be chained."""
        self._steps.append(as_step(function))
        return self

    def check(self, params: Mapping[str, object] | None = None) -> tuple[Node, ...]:
        """The steps in an order in which they can run; runs nothing.

        Raises:
            PipelineError: They form no graph; ``diagnostics`` lists every problem.
        """
        if not self._steps:
            raise PipelineError(f"the pipeline {self.name!r} has no steps", code="pipeline.empty", hint="add_step(…)")
        nodes = wire(self._steps, self.context.updated(params or {}))
        unused = unused_params(nodes, params or {})
        if unused:
            raise PipelineError(unused[0].summary, code=unused[0].code, hint=unused[0].hint, diagnostics=unused)
        return nodes

    def run(
        self,
        *,
        stack: StackArgument = None,
        orchestrator: Orchestrator | str | None = None,
        env: str | None = None,
        params: Mapping[str, object] | None = None,
        run_id: str | None = None,
        cache: bool = True,
        force_env: bool = False,
    ) -> PipelineResult:
        """Run the steps on the pipeline's stack, or on another one for this time.

        What can be found wrong beforehand is: the wiring, the stack, the policies, the orchestrator and the executors;
        nothing is recorded then. After that a failing step does not raise: the result says which did, and
        ``raise_for_status`` raises.

        Args:
            stack: A stack in place of the pipeline's.
            orchestrator: What decides when steps run, in place of the stack's.
            env: An environment in place of the pipeline's.
            params: Context parameters for this time; they go before the pipeline's.
            run_id: The run's id, which must be new; by default one is made of the time.
            cache: Whether results of earlier runs may be used; results are kept in any case.
            force_env: Allow a stack that is not the one the environment maps to.

        Raises:
            PipelineError: The steps form no graph.
            ResolutionError: The stack or environment leads nowhere.
            PolicyDeniedError: The policies do not let the run through.
            OutputError: The stack is not applied; the hint is the command that applies it.
            EngineUnavailableError: The stack's orchestrator, an executor or a store cannot be used from here.
            StateError: The run cannot be recorded.
            KeyboardInterrupt: The user stopped it; the run is recorded as interrupted.
        """
        options = RunOptions(
            stack=self.stack if stack is None else stack,
            orchestrator=orchestrator,
            # The pipeline's environment belongs to the pipeline's stack.
            env=self.env if env is None and stack is None else env,
            params=params,
            run_id=run_id,
            cache=cache and self.cache,
            force_env=force_env,
            project_root=self.project_root,
        )
        return Run(self, options).carry_out()
