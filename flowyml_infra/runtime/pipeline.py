"""Owns the pipeline: steps under a name, and the way from them to one recorded run on a bound stack."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from flowyml_infra.audit.actor import current_actor, host_name
from flowyml_infra.audit.chain import utc_now
from flowyml_infra.errors import PipelineError, StateError
from flowyml_infra.runtime.artifacts.opening import open_artifact_store
from flowyml_infra.runtime.binding import default_binder
from flowyml_infra.runtime.context import Context
from flowyml_infra.runtime.course import Course, Site, Terms
from flowyml_infra.runtime.executors.catalogue import executor_named
from flowyml_infra.runtime.failure import describe
from flowyml_infra.runtime.metadata.opening import open_metadata_store
from flowyml_infra.runtime.metadata.reading import BEAT_SECONDS
from flowyml_infra.runtime.metadata.records import Binding, RunRecord
from flowyml_infra.runtime.orchestrators.catalogue import choose_orchestrator
from flowyml_infra.runtime.parameters import plain_params, secret_texts
from flowyml_infra.runtime.result import PipelineResult
from flowyml_infra.runtime.step import as_step
from flowyml_infra.runtime.wiring import unused_params, wire
from flowyml_infra.state.heartbeat import Heartbeat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from flowyml_infra.resolution.resolver import StackArgument
    from flowyml_infra.runtime.binding import BoundStack
    from flowyml_infra.runtime.executors.executor import Executor
    from flowyml_infra.runtime.metadata.store import MetadataStore
    from flowyml_infra.runtime.orchestrators.orchestrator import Orchestrator
    from flowyml_infra.runtime.step import Step
    from flowyml_infra.runtime.wiring import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What one run does otherwise than its pipeline says; see :meth:`Pipeline.run` for each attribute."""

    stack: StackArgument = None
    orchestrator: Orchestrator | str | None = None
    env: str | None = None
    params: Mapping[str, object] | None = None
    run_id: str | None = None
    cache: bool = True
    force_env: bool = False
    project_root: str | Path | None = None


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
        return _Run(self, options).carry_out()


class _Run:
    """One run: everything that can be found wrong is, then it is recorded from its beginning to its end."""

    def __init__(self, pipeline: Pipeline, options: RunOptions) -> None:
        self._pipeline = pipeline
        self._options = options
        self._nodes = pipeline.check(options.params)
        self._params = pipeline.context.updated(options.params or {})
        self._bound = self._bind(options.stack, options.env)
        self._orchestrator = choose_orchestrator(options.orchestrator, options.stack, self._bound)
        self._sites = self._place()
        self._metadata: MetadataStore = open_metadata_store(self._bound.metadata_store_uri)
        self._id = options.run_id or _new_id()

    def carry_out(self) -> PipelineResult:
        """See :meth:`Pipeline.run`."""
        began = time.perf_counter()
        metadata = self._metadata
        terms = Terms(self._id, self._params, self._sites, metadata, self._options.cache)
        course = Course(self._nodes, terms)
        try:
            metadata.begin(self._record())
            heart = Heartbeat(partial(metadata.beat, self._id), BEAT_SECONDS)
            try:
                self._conduct(course)
            finally:
                heart.stop()
        finally:
            metadata.close()
        steps = {node.name: course.results[node.name] for node in self._nodes}
        seconds = time.perf_counter() - began
        return PipelineResult(
            run_id=self._id,
            pipeline=self._pipeline.name,
            stack=self._bound,
            steps=steps,
            outputs=course.outputs(),
            seconds=seconds,
        )

    def _conduct(self, course: Course) -> None:
        """Let the orchestrator work, and record how that ended, whatever it was."""
        try:
            self._orchestrator.run(course)
            self._check_whole(course)
        except KeyboardInterrupt:
            course.close()
            with suppress(StateError):
                self._metadata.finish(self._id, "interrupted", "it was stopped by the user")
            raise
        except BaseException as error:
            course.close()
            secrets = self._bound.secrets() | secret_texts(self._params)
            # What ended the run may be that it cannot be recorded.
            with suppress(StateError):
                self._metadata.finish(self._id, "failed", describe(error, secrets))
            raise
        failed = [name for name, result in course.results.items() if result.status == "failed"]
        course.close()
        error_text = f"failed in {', '.join(failed)}" if failed else None
        self._metadata.finish(self._id, "failed" if failed else "succeeded", error_text)

    def _check_whole(self, course: Course) -> None:
        left = [node.name for node in self._nodes if node.name not in course.results]
        if left:
            raise PipelineError(
                f"the orchestrator {self._orchestrator.name!r} came to its end without {', '.join(left)}",
                code="pipeline.orchestrator",
            )

    def _bind(self, stack: StackArgument, env: str | None) -> BoundStack:
        root, force = self._options.project_root, self._options.force_env
        return default_binder()(stack, env, project_root=root, force_env=force)

    def _place(self) -> dict[str, Site]:
        """Where each step is carried out: on the run's stack, unless it has one of its own."""
        bound = self._bound
        common = Site(bound, self._orchestrator.executor, open_artifact_store(bound.artifact_store_uri))
        sites: dict[str, Site] = {}
        own: dict[int, Site] = {}
        for node in self._nodes:
            stack = node.step.options.stack
            if stack is not None and id(stack) not in own:
                # No environment here: it belongs to the run's stack, and would refuse every other one.
                found = self._bind(stack, None)
                own[id(stack)] = Site(found, _executor(stack, found), open_artifact_store(found.artifact_store_uri))
            sites[node.name] = common if stack is None else own[id(stack)]
        return sites

    def _record(self) -> RunRecord:
        bound = self._bound
        return RunRecord(
            id=self._id,
            pipeline=self._pipeline.name,
            status="running",
            who=current_actor(),
            host=host_name(),
            pid=os.getpid(),
            orchestrator=self._orchestrator.name,
            params=plain_params(self._params),
            binding=Binding(
                stack=bound.name,
                environment=bound.environment,
                lineage=bound.lineage,
                serial=bound.serial,
                plan_digest=bound.plan_digest,
                output_digest=bound.output_digest,
                policy_digest=bound.policy_digest,
            ),
            artifact_store=bound.artifact_store_uri,
            started_at=utc_now(),
        )


def _executor(stack: StackArgument, bound: BoundStack) -> Executor:
    """The executor of a step's own stack; the stack object's, where it has one."""
    own = None if isinstance(stack, str) else getattr(stack, "executor", None)
    executor: Executor = own if own is not None else executor_named(bound.executor)
    executor.check()
    return executor


def _new_id() -> str:
    """An id that sorts by time, to the second, and is unique."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.urandom(4).hex()}"
