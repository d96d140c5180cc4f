"""Owns what is recorded about runs: one frozen class for each thing that a metadata store keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.values import Json
    from flowyml_infra.runtime.artifacts.artifact import Artifact

RunStatus = Literal["running", "succeeded", "failed", "interrupted"]
StepStatus = Literal["running", "succeeded", "failed", "skipped", "interrupted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What a run was bound to; digests are SHA-256 in hexadecimal.

    Attributes:
        stack: The stack's name.
        environment: The environment's name.
        lineage: The deployment's lineage, or None for a stack that needs no apply.
        serial: The deployment's serial, or None likewise.
        plan_digest: The plan that was applied last, or None.
        output_digest: The outputs that the run was bound to, or None.
        policy_digest: The policies that let the run through, or None.
    """

    stack: str
    environment: str
    lineage: str | None = None
    serial: int | None = None
    plan_digest: str | None = None
    output_digest: str | None = None
    policy_digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run. Times are UTC, ISO 8601.

    Attributes:
        id: Unique in its store.
        pipeline: The pipeline's name.
        status: How it ended; ``interrupted`` also when its process is gone without having said so.
        who: The acting person or service.
        host: The machine.
        pid: The process.
        orchestrator: The orchestrator's name.
        params: Context parameters as far as they are plain; secret ones are masked.
        binding: What it was bound to.
        artifact_store: The URI of the artifact store.
        started_at: When it began.
        finished_at: When it ended, or None.
        error: Why it failed, or None.
    """

    id: str
    pipeline: str
    status: RunStatus
    who: str
    host: str
    pid: int
    orchestrator: str
    params: Mapping[str, Json]
    binding: Binding
    artifact_store: str
    started_at: str
    finished_at: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """One step of one run.

    Attributes:
        name: The step's name.
        status: How it ended.
        cached: Its outputs were those of an earlier run.
        cached_from: The id of that run, or None.
        attempts: How often the function was called; 0 when it was not.
        seconds: Wall time, with loading and storing.
        started_at: When it began, UTC, ISO 8601.
        cache_key: What its outputs are found by again; empty when they are not to be.
        params: The parameters that it got, as far as they are plain; secret ones are masked.
        resources: What it asked for, or None.
        inputs: Artifact by the name of the input.
        outputs: Artifact by the name of the output.
        error: Why it failed or was skipped, or None.
    """

    name: str
    status: StepStatus
    cached: bool = False
    cached_from: str | None = None
    attempts: int = 0
    seconds: float = 0.0
    started_at: str = ""
    cache_key: str = ""
    params: Mapping[str, Json] = field(default_factory=dict)
    resources: Mapping[str, Json] | None = None
    inputs: Mapping[str, Artifact] = field(default_factory=dict)
    outputs: Mapping[str, Artifact] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured value.

    Attributes:
        step: The step that logged it.
        name: What was measured.
        value: A number; NaN when it was none.
        attempt: In which attempt of the step, from 1.
        logged_at: When, UTC, ISO 8601.
    """

    step: str
    name: str
    value: float
    attempt: int
    logged_at: str


@dataclass(frozen=True, slots=True)
class RunDetails:
    """A run with its steps and metrics, both in the order in which they began."""

    run: RunRecord
    steps: tuple[StepRecord, ...]
    metrics: tuple[Metric, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """Where an artifact was made or used: ``name`` is that of the output or input."""

    run: str
    step: str
    name: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """Everything recorded about one content, oldest first. A cached step made nothing, so it is in neither list.

    Attributes:
        produced_by: The steps that made it.
        consumed_by: The steps that it went into.
    """

    produced_by: tuple[Use, ...]
    consumed_by: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """What an earlier step with the same key gave.

    Attributes:
        run: The id of its run.
        outputs: Its artifacts by name.
        metrics: The last value of each metric that it logged.
    """

    run: str
    outputs: Mapping[str, Artifact]
    metrics: Mapping[str, float]
