"""Owns the statements that read runs from a database, and the judgement whether a run is still going on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import StateError
from flowyml_infra.runtime.artifacts.artifact import Artifact
from flowyml_infra.runtime.metadata.records import (
    Binding,
    CacheEntry,
    Lineage,
    Metric,
    RunDetails,
    RunRecord,
    StepRecord,
    Use,
)
from flowyml_infra.state.process import ProcessIdentity, is_gone, this_process

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.runtime.metadata.writing import Ledger

BEAT_SECONDS: Final = 10.0
"""How often a run says that it goes on."""
LOST_SECONDS: Final = 60.0
"""After this silence a run on another machine counts as interrupted."""

_RUN = (
    "SELECT id, pipeline, status, who, process_json, {now} - heartbeat, orchestrator, params_json, stack, environment,"
    " lineage, serial, plan_digest, output_digest, policy_digest, artifact_store, started_at, finished_at, error, seq"
    " FROM runs"
)
_STEPS = (
    "SELECT s.id, s.name, s.status, s.cached, r.id, s.attempts, s.seconds, s.started_at, s.cache_key, s.params_json,"
    " s.resources_json, s.error FROM steps s LEFT JOIN steps o ON o.id = s.source LEFT JOIN runs r ON r.seq = o.run"
    " WHERE s.run = :run ORDER BY s.id"
)
_LINKS = (
    "SELECT l.step, l.direction, l.name, a.store, a.digest, a.size, a.format, a.type FROM links l"
    " JOIN artifacts a ON a.id = l.artifact JOIN steps s ON s.id = l.step WHERE s.run = :run"
)
_METRICS = (
    "SELECT s.name, m.name, m.value, m.attempt, m.logged_at FROM metrics m JOIN steps s ON s.id = m.step"
    " WHERE s.run = :run ORDER BY m.id"
)
_CACHED = (
    "SELECT s.id, r.id, s.name FROM steps s JOIN runs r ON r.seq = s.run"
    " WHERE s.cache_key = :key AND s.status = 'succeeded' AND s.cached = 0 AND s.cache_key <> ''"
    " ORDER BY s.id DESC LIMIT 1"
)
_OUTPUTS = (
    "SELECT l.name, a.store, a.digest, a.size, a.format, a.type, a.id FROM links l"
    " JOIN artifacts a ON a.id = l.artifact WHERE l.step = :step AND l.direction = 'out'"
)
_LINEAGE = (
    "SELECT l.direction, r.id, s.name, l.name FROM artifacts a JOIN links l ON l.artifact = a.id"
    " JOIN steps s ON s.id = l.step JOIN runs r ON r.seq = s.run WHERE a.digest = :digest AND s.cached = 0"
    " ORDER BY s.id"
)


def find_cached(execute: Execute, ledger: Ledger, key: str) -> CacheEntry | None:
    """The latest step with this key that succeeded, or None."""
    row = execute(_CACHED, {"key": key}).fetchone()
    if row is None:
        return None
    step, run_id, name = row
    ledger.steps[run_id, name] = step
    outputs: dict[str, Artifact] = {}
    for output, *values, number in execute(_OUTPUTS, {"step": step}):
        outputs[output] = artifact = Artifact(*values)
        ledger.artifacts[artifact] = number
    metrics = execute("SELECT name, value FROM metrics WHERE step = :step ORDER BY id", {"step": step})
    return CacheEntry(run_id, outputs, {metric: _number(value) for metric, value in metrics})


def read_runs(execute: Execute, now: str, pipeline: str | None, limit: int) -> list[RunRecord]:
    """The latest runs, newest first; ``now`` is the database's clock, see ``database.RunDatabase``."""
    where = "" if pipeline is None else " WHERE pipeline = :pipeline"
    sql = f"{_RUN.format(now=now)}{where} ORDER BY seq DESC LIMIT :limit"
    return [_run(row) for row in execute(sql, {"pipeline": pipeline, "limit": max(0, limit)})]


def read_run(execute: Execute, now: str, run_id: str) -> RunDetails:
    """One run, by its id or the beginning of it; ``now`` is the database's clock.

    Raises:
        StateError: There is none, or more than one.
    """
    run_sql = _RUN.format(now=now)
    rows = execute(f"{run_sql} WHERE id = :id", {"id": run_id}).fetchall()
    if not rows:
        named = {"length": len(run_id), "id": run_id}
        rows = execute(f"{run_sql} WHERE substr(id, 1, :length) = :id ORDER BY seq", named).fetchall()
    if not rows or not run_id:
        raise unknown_run(run_id, [row[0] for row in execute("SELECT id FROM runs ORDER BY seq DESC", {})])
    if len(rows) > 1:
        raise StateError(
            f"{run_id!r} is the beginning of {len(rows)} runs",
            code="metadata.ambiguous_run",
            hint=f"write more of it: {rows[0][0]} or {rows[1][0]}",
        )
    run = _run(rows[0])
    seq = rows[0][-1]
    steps = _steps(execute, seq)
    if run.status == "interrupted":
        steps = [replace(step, status="interrupted") if step.status == "running" else step for step in steps]
    found = execute(_METRICS, {"run": seq})
    metrics = [Metric(step, name, _number(value), *rest) for step, name, value, *rest in found]
    return RunDetails(run, tuple(steps), tuple(metrics))


def unknown_run(run_id: str, known: Sequence[str]) -> StateError:
    """The error for a run that is not there."""
    hint = did_you_mean(run_id, known) or "`flowyml-infra runs list` shows those there are"
    return StateError(f"there is no run {run_id!r}", code="metadata.no_run", hint=hint)


def read_lineage(execute: Execute | None, digest: str) -> Lineage:
    """Which steps made and used a content; nothing where nothing was recorded yet."""
    rows = execute(_LINEAGE, {"digest": digest}).fetchall() if execute else []
    uses = [(direction, Use(run, step, name)) for direction, run, step, name in rows]
    return Lineage(
        tuple(use for direction, use in uses if direction == "out"),
        tuple(use for direction, use in uses if direction == "in"),
    )


def _steps(execute: Execute, run: int) -> list[StepRecord]:
    links: dict[tuple[int, str], dict[str, Artifact]] = {}
    for step, direction, name, *values in execute(_LINKS, {"run": run}):
        links.setdefault((step, direction), {})[name] = Artifact(*values)
    return [_step(row, links) for row in execute(_STEPS, {"run": run})]


def _step(row: Sequence[Any], links: dict[tuple[int, str], dict[str, Artifact]]) -> StepRecord:
    number, name, status, cached, source, attempts, seconds, started_at, key, params, resources, error = row
    return StepRecord(
        name=name,
        status=status,
        cached=bool(cached),
        cached_from=source,
        attempts=attempts,
        seconds=seconds,
        started_at=started_at,
        cache_key=key,
        params=json.loads(params),
        resources=None if resources is None else json.loads(resources),
        inputs=links.get((number, "in"), {}),
        outputs=links.get((number, "out"), {}),
        error=error,
    )


def _run(row: Sequence[Any]) -> RunRecord:
    (
        run_id,
        pipeline,
        status,
        who,
        process_json,
        silence,
        orchestrator,
        params,
        *bound,
        store,
        started,
        ended,
        error,
        _,
    ) = row
    process = ProcessIdentity.from_json(json.loads(process_json))
    if status == "running" and not _goes_on(process, silence):
        status, error = "interrupted", error or "its process ended without saying so"
    names = ("stack", "environment", "lineage", "serial", "plan_digest", "output_digest", "policy_digest")
    return RunRecord(
        id=run_id,
        pipeline=pipeline,
        status=status,
        who=who,
        host=process.host,
        pid=process.pid,
        orchestrator=orchestrator,
        params=json.loads(params),
        binding=Binding(**dict(zip(names, bound, strict=True))),
        artifact_store=store,
        started_at=started,
        finished_at=ended,
        error=error,
    )


def _goes_on(process: ProcessIdentity, silence: float) -> bool:
    """Whether a run's process is there; on another machine only the seconds since its last heartbeat tell."""
    here = this_process()
    if process.machine and (process.host, process.machine) == (here.host, here.machine):
        return not is_gone(process)
    return silence < LOST_SECONDS


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
