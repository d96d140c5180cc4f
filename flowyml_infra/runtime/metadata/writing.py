"""Owns the statements that record runs in a database; the caller owns the transaction."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from flowyml_infra.errors import StateError
from flowyml_infra.state.process import this_process

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.runtime.artifacts.artifact import Artifact
    from flowyml_infra.runtime.metadata.records import Metric, RunRecord, StepRecord

_INSERT_RUN = (
    "INSERT INTO runs (id, pipeline, status, who, process_json, heartbeat, orchestrator, params_json, stack,"
    " environment, lineage, serial, plan_digest, output_digest, policy_digest, artifact_store, started_at)"
    " VALUES (:id, :pipeline, :status, :who, :process, {now}, :orchestrator, :params, :stack, :environment, :lineage,"
    " :serial, :plan_digest, :output_digest, :policy_digest, :artifact_store, :started_at)"
    " ON CONFLICT (id) DO NOTHING RETURNING seq"
)
_BEAT = "UPDATE runs SET heartbeat = {now} WHERE id = :id AND status = 'running'"
_INSERT_STEP = (
    "INSERT INTO steps (run, name, status, cached, source, attempts, seconds, started_at, cache_key, params_json,"
    " resources_json, error) VALUES (:run, :name, :status, :cached, :source, :attempts, :seconds, :started_at, :key,"
    " :params, :resources, :error) RETURNING id"
)
_UPDATE_STEP = (
    "UPDATE steps SET status = :status, attempts = :attempts, seconds = :seconds, cache_key = :key, error = :error"
    " WHERE id = :step"
)
_INSERT_ARTIFACT = (
    "INSERT INTO artifacts (digest, store, size, format, type) VALUES (:digest, :store, :size, :format, :type)"
    " ON CONFLICT DO NOTHING RETURNING id"
)
_FIND_ARTIFACT = (
    "SELECT id FROM artifacts WHERE digest = :digest AND store = :store AND format = :format AND type = :type"
)
_INSERT_LINK = (
    "INSERT INTO links (step, direction, name, artifact) VALUES (:step, :direction, :name, :artifact)"
    " ON CONFLICT DO NOTHING"
)
_INSERT_METRIC = (
    "INSERT INTO metrics (step, name, value, attempt, logged_at) VALUES (:step, :name, :value, :attempt, :logged_at)"
)
_COPY_METRICS = (
    "INSERT INTO metrics (step, name, value, attempt, logged_at)"
    " SELECT s.id, m.name, m.value, m.attempt, m.logged_at FROM steps s JOIN metrics m ON m.step = s.source"
    " WHERE s.run = :run AND s.cached = 1 ORDER BY m.id"
)
_INTERRUPT_STEPS = "UPDATE steps SET status = 'interrupted' WHERE run = :run AND status = 'running'"
_END_RUN = "UPDATE runs SET status = :status, finished_at = :finished_at, error = :error WHERE seq = :run"


class Ledger:
    """The row numbers of what this process wrote or read, so that they are not looked up again."""

    def __init__(self) -> None:
        self.runs: dict[str, int] = {}
        self.steps: dict[tuple[str, str], int] = {}
        self.artifacts: dict[Artifact, int] = {}
        self._whole = True

    def forget(self) -> None:
        """Drop everything; for after a transaction that was rolled back."""
        self._whole = False
        self.runs.clear()
        self.steps.clear()
        self.artifacts.clear()

    def run(self, execute: Execute, run_id: str) -> int:
        """The row of a run.

        Raises:
            StateError: There is none.
        """
        if run_id not in self.runs:
            row = execute("SELECT seq FROM runs WHERE id = :id", {"id": run_id}).fetchone()
            if row is None:
                raise StateError(f"the run {run_id} is not recorded here", code="metadata.no_run")
            self.runs[run_id] = row[0]
        return self.runs[run_id]

    def step(self, execute: Execute, run_id: str, name: str) -> int | None:
        """The row of a step, or None."""
        if (run_id, name) not in self.steps:
            sql = "SELECT id FROM steps WHERE run = :run AND name = :name"
            row = execute(sql, {"run": self.run(execute, run_id), "name": name}).fetchone()
            if row is None:
                return None
            self.steps[run_id, name] = row[0]
        return self.steps[run_id, name]

    def begun(self, execute: Execute, run_id: str, name: str) -> int | None:
        """The row of a step that this process began, or None; looked up only after something was dropped."""
        return self.steps.get((run_id, name)) if self._whole else self.step(execute, run_id, name)

    def artifact(self, execute: Execute, artifact: Artifact) -> int:
        """The row of an artifact, which is made when there is none."""
        if artifact not in self.artifacts:
            values = {
                "digest": artifact.digest,
                "store": artifact.store,
                "size": artifact.size,
                "format": artifact.format,
                "type": artifact.type,
            }
            row = execute(_INSERT_ARTIFACT, values).fetchone()
            if row is None:
                del values["size"]
                row = execute(_FIND_ARTIFACT, values).fetchone()
            self.artifacts[artifact] = row[0]
        return self.artifacts[artifact]


def insert_run(execute: Execute, now: str, ledger: Ledger, run: RunRecord) -> None:
    """Write a run that begins; ``now`` is the database's clock, see ``database.RunDatabase``.

    Raises:
        StateError: There is a run of this id.
    """
    binding = run.binding
    values = {
        "id": run.id,
        "pipeline": run.pipeline,
        "status": run.status,
        "who": run.who,
        "process": json.dumps(this_process().to_json()),
        "orchestrator": run.orchestrator,
        "params": _text(run.params),
        "stack": binding.stack,
        "environment": binding.environment,
        "lineage": binding.lineage,
        "serial": binding.serial,
        "plan_digest": binding.plan_digest,
        "output_digest": binding.output_digest,
        "policy_digest": binding.policy_digest,
        "artifact_store": run.artifact_store,
        "started_at": run.started_at,
    }
    row = execute(_INSERT_RUN.format(now=now), values).fetchone()
    if row is None:
        raise StateError(
            f"there is a run {run.id!r} already", code="metadata.run_exists", hint="give another run_id, or none"
        )
    ledger.runs[run.id] = row[0]


def beat(execute: Execute, now: str, run_id: str) -> bool:
    """Write that a run goes on; False once it has ended."""
    return execute(_BEAT.format(now=now), {"id": run_id}).rowcount == 1


def insert_step(execute: Execute, ledger: Ledger, run_id: str, step: StepRecord) -> int:
    """Write a step without its artifacts; returns its row."""
    source = ledger.step(execute, step.cached_from, step.name) if step.cached_from else None
    values = {
        "run": ledger.run(execute, run_id),
        "name": step.name,
        "status": step.status,
        "cached": int(step.cached),
        "source": source,
        "attempts": step.attempts,
        "seconds": step.seconds,
        "started_at": step.started_at,
        "key": step.cache_key,
        "params": _text(step.params),
        "resources": None if step.resources is None else _text(step.resources),
        "error": _kept(step.error),
    }
    row: int = execute(_INSERT_STEP, values).fetchone()[0]
    ledger.steps[run_id, step.name] = row
    return row


def write_step(execute: Execute, ledger: Ledger, run_id: str, step: StepRecord) -> None:
    """Write how a step ended, with its artifacts."""
    row = ledger.begun(execute, run_id, step.name)
    if row is None:
        row = insert_step(execute, ledger, run_id, step)
    else:
        values = {
            "status": step.status,
            "attempts": step.attempts,
            "seconds": step.seconds,
            "key": step.cache_key,
            "error": _kept(step.error),
            "step": row,
        }
        execute(_UPDATE_STEP, values)
    for direction, artifacts in (("in", step.inputs), ("out", step.outputs)):
        for name, artifact in artifacts.items():
            number = ledger.artifact(execute, artifact)
            execute(_INSERT_LINK, {"step": row, "direction": direction, "name": name, "artifact": number})


def insert_metrics(execute: Execute, ledger: Ledger, run_id: str, metrics: Sequence[Metric]) -> None:
    """Write metrics of steps that were written before; NaN is kept as NULL, as SQLite has no other way."""
    for item in metrics:
        values = {
            "step": ledger.step(execute, run_id, item.step),
            "name": item.name,
            "value": None if math.isnan(item.value) else item.value,
            "attempt": item.attempt,
            "logged_at": item.logged_at,
        }
        execute(_INSERT_METRIC, values)


def end_run(execute: Execute, run: int, ending: tuple[str, str, str | None]) -> None:
    """Write how a run ended: its status, when, and why. Cached steps get the metrics of those they stand for."""
    execute(_INTERRUPT_STEPS, {"run": run})
    execute(_COPY_METRICS, {"run": run})
    status, finished_at, error = ending
    execute(_END_RUN, {"status": status, "finished_at": finished_at, "error": _kept(error), "run": run})


def _text(values: Mapping[str, object]) -> str:
    return json.dumps(dict(values), separators=(",", ":")) if values else "{}"


def _kept(error: str | None) -> str | None:
    """``error`` without what no database keeps: half characters, and the NUL that PostgreSQL refuses."""
    return None if error is None else error.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
