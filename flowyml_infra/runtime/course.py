"""Owns the course of one run: performing its steps, and recording what became of each.

When a step is performed is the orchestrator's business, how its function is called the executor's.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.audit.chain import utc_now
from flowyml_infra.errors import PipelineError
from flowyml_infra.runtime.artifacts.artifact import load
from flowyml_infra.runtime.artifacts.opening import open_artifact_store
from flowyml_infra.runtime.cache_key import cache_key
from flowyml_infra.runtime.current import CurrentStep, inside
from flowyml_infra.runtime.executors.executor import Task
from flowyml_infra.runtime.failure import describe, mask
from flowyml_infra.runtime.fingerprint import OpaqueError
from flowyml_infra.runtime.metadata.records import StepRecord
from flowyml_infra.runtime.parameters import secret_texts
from flowyml_infra.runtime.performance import Performance
from flowyml_infra.runtime.result import Outputs, StepResult
from flowyml_infra.runtime.wiring import FromContext, FromStep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowyml_infra.runtime.artifacts.artifact import Artifact
    from flowyml_infra.runtime.artifacts.store import ArtifactStore
    from flowyml_infra.runtime.metadata.records import CacheEntry, Metric, StepStatus
    from flowyml_infra.runtime.performance import Terms
    from flowyml_infra.runtime.wiring import Node


class Course:
    """One run from its first step to its last. :meth:`perform` and :meth:`skip` may be called from several threads.

    Attributes:
        run_id: The run's id.
        nodes: The steps, each after those that it needs.
        results: How each step ended that did.
        stop: Set when the run is over; nothing is tried again or recorded after that.
    """

    def __init__(self, nodes: Sequence[Node], terms: Terms) -> None:
        self.run_id = terms.run_id
        self.nodes = tuple(nodes)
        self.results: dict[str, StepResult] = {}
        self.stop = threading.Event()
        self._terms = terms
        self._by_name = {node.name: node for node in nodes}
        self._artifacts: dict[str, Artifact] = {}
        self._stores = {site.artifacts.uri: site.artifacts for site in terms.sites.values()}
        self._recording = threading.Lock()

    def perform(self, name: str) -> StepResult:
        """Carry out a step whose needs have succeeded, or take its results from the cache.

        Raises:
            StateError: It cannot be recorded.
            KeyboardInterrupt: The user interrupted the function.
        """
        work = self._prepare(self._by_name[name])
        entry = self._cached(work)
        if entry is not None:
            return self._reuse(work, entry)
        self._record(self._record_of(work, "running"), begin=True)
        site = work.site
        current = CurrentStep(self.run_id, name, site.bound, self._log)
        artifacts: dict[str, Artifact] = {}
        exception: BaseException | None = None
        try:
            with inside(current):
                value = site.executor.execute(self._task(work, current))
            artifacts = work.save(value)
        except (Exception, SystemExit) as error:
            # A step that calls sys.exit() ends itself, not the whole pipeline.
            exception = error
        secrets = self._secrets(work) if exception is not None else frozenset()
        error_text = None if exception is None else describe(exception, secrets)
        if error_text is not None and mask(str(exception), secrets) != str(exception):
            # Whoever prints the exception, or one that it is the cause of, would print the secret.
            exception = PipelineError(error_text.partition("\n")[0], code="pipeline.step_failed")
        record = self._record_of(work, "succeeded" if exception is None else "failed", artifacts, error_text)
        self._record(record, current.take())
        result = replace(
            self._result(record),
            exception=exception,
            metrics=current.metrics,
            uncacheable=work.uncacheable,
        )
        return self._settle(record, result)

    def skip(self, name: str, need: str) -> StepResult:
        """Give up a step because ``need``, which it needs, did not succeed."""
        ended = self.results[need].status
        error = f"it needs {need!r}, which {'was skipped' if ended == 'skipped' else 'failed'}"
        record = StepRecord(name=name, status="skipped", started_at=utc_now(), error=error)
        self._record(record)
        return self._settle(record, self._result(record))

    def outputs(self) -> Outputs:
        """Every output so far."""
        return Outputs(dict(self._artifacts), self.store)

    def store(self, uri: str) -> ArtifactStore:
        """The artifact store at ``uri``."""
        if uri not in self._stores:
            self._stores[uri] = open_artifact_store(uri)
        return self._stores[uri]

    def close(self) -> None:
        """Record nothing any more; for steps that are still running in threads when the run is over."""
        self.stop.set()
        with self._recording:
            pass

    def _prepare(self, node: Node) -> Performance:
        inputs = {
            f.argument.parameter: self._artifacts[f.argument.source] for f in node.feeds if isinstance(f, FromStep)
        }
        given = self._terms.params
        params = {f.argument.parameter: given[f.argument.source] for f in node.feeds if isinstance(f, FromContext)}
        work = Performance(node, self._terms.sites[node.name], inputs, params)
        digests = {parameter: artifact.digest for parameter, artifact in inputs.items()}
        try:
            work.key = cache_key(node.step, digests, params, work.site.artifacts.uri)
        except (OpaqueError, PipelineError) as error:
            work.uncacheable = str(error)
        return work

    def _cached(self, work: Performance) -> CacheEntry | None:
        """What an earlier run gave for the same key, if all of it is still there; it is not loaded."""
        if not work.key or not self._terms.cache:
            return None
        entry = self._terms.metadata.cached(work.key)
        if entry is None or set(entry.outputs) != set(work.node.step.outputs):
            return None
        there = all(work.site.artifacts.holds(item.digest, item.size) for item in entry.outputs.values())
        return entry if there else None

    def _reuse(self, work: Performance, entry: CacheEntry) -> StepResult:
        record = StepRecord(
            name=work.node.name,
            status="succeeded",
            cached=True,
            cached_from=entry.run,
            seconds=work.seconds,
            started_at=work.began_at,
            cache_key=work.key,
            params=work.plain_params(),
            resources=work.resources(),
            inputs=work.inputs,
            outputs=entry.outputs,
        )
        self._record(record)
        return self._settle(record, replace(self._result(record), metrics=entry.metrics))

    def _task(self, work: Performance, current: CurrentStep) -> Task:
        step = work.node.step

        def call(number: int) -> object:
            work.attempts = current.attempt = number
            values = {name: load(item, self.store(item.store)) for name, item in work.inputs.items()}
            return step.invoke({**values, **work.params})

        return Task(step.name, call, step.options, self.stop)

    def _record_of(
        self,
        work: Performance,
        status: StepStatus,
        outputs: Mapping[str, Artifact] | None = None,
        error: str | None = None,
    ) -> StepRecord:
        return StepRecord(
            name=work.node.name,
            status=status,
            attempts=work.attempts,
            seconds=work.seconds,
            started_at=work.began_at,
            cache_key=work.key,
            params=work.plain_params(),
            resources=work.resources(),
            inputs=work.inputs,
            outputs=outputs or {},
            error=error,
        )

    def _record(self, record: StepRecord, metrics: Sequence[Metric] = (), *, begin: bool = False) -> None:
        with self._recording:
            if self.stop.is_set():
                return
            if begin:
                self._terms.metadata.start_step(self.run_id, record)
            else:
                self._terms.metadata.finish_step(self.run_id, record, metrics)

    def _log(self, metrics: Sequence[Metric]) -> None:
        with self._recording:
            if not self.stop.is_set():
                self._terms.metadata.log_metrics(self.run_id, metrics)

    def _result(self, record: StepRecord) -> StepResult:
        return StepResult(
            name=record.name,
            status=record.status,
            outputs=Outputs(record.outputs, self.store),
            cached=record.cached,
            seconds=record.seconds,
            attempts=record.attempts,
            error=None if record.error is None else record.error.partition("\n")[0],
        )

    def _settle(self, record: StepRecord, result: StepResult) -> StepResult:
        """Keep a step's outputs for those that need them, and how it ended."""
        self._artifacts.update(record.outputs)
        self.results[record.name] = result
        return result

    def _secrets(self, work: Performance) -> frozenset[str]:
        return work.site.bound.secrets() | secret_texts(self._terms.params)
