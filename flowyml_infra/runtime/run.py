"""Owns one run of a pipeline: what it is bound to, and its record from the beginning to the end."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from flowyml_infra.audit.actor import current_actor, host_name
from flowyml_infra.audit.chain import utc_now
from flowyml_infra.errors import PipelineError, StateError
from flowyml_infra.runtime.artifacts.opening import open_artifact_store
from flowyml_infra.runtime.binding import default_binder
from flowyml_infra.runtime.course import Course
from flowyml_infra.runtime.executors.catalogue import executor_named
from flowyml_infra.runtime.failure import describe
from flowyml_infra.runtime.metadata.opening import open_metadata_store
from flowyml_infra.runtime.metadata.reading import BEAT_SECONDS
from flowyml_infra.runtime.metadata.records import Binding, RunRecord
from flowyml_infra.runtime.orchestrators.catalogue import choose_orchestrator
from flowyml_infra.runtime.parameters import plain_params, secret_texts
from flowyml_infra.runtime.performance import Site, Terms
from flowyml_infra.runtime.result import PipelineResult
from flowyml_infra.state.heartbeat import Heartbeat

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flowyml_infra.resolution.resolver import StackArgument
    from flowyml_infra.runtime.binding import BoundStack
    from flowyml_infra.runtime.executors.executor import Executor
    from flowyml_infra.runtime.metadata.store import MetadataStore
    from flowyml_infra.runtime.orchestrators.orchestrator import Orchestrator
    from flowyml_infra.runtime.pipeline import Pipeline


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


class Run:
    """One run: everything that can be found wrong is, then it is recorded from its beginning to its end."""

    def __init__(self, pipeline: Pipeline, options: RunOptions) -> None:
        self._pipeline = pipeline
        self._options = options
        self._nodes = pipeline.check(options.params)
        self._params = pipeline.context.updated(options.params or {})
        self._bound = self._bind(options.stack, options.env)
        self._orchestrator = choose_orchestrator(options.orchestrator, options.stack, self._bound)
        self._sites = self._place()
        self._metadata: MetadataStore = open_metadata_store(
            self._bound.metadata_store_uri, self._bound.metadata_password
        )
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
