"""Owns the statements that record runs in SQLite; the caller owns the transaction."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING

from flowyml_infra.errors import StateError
from flowyml_infra.state.process import this_process

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from flowyml_infra.runtime.artifacts.artifact import Artifact
    from flowyml_infra.runtime.metadata.records import Metric, RunRecord, StepRecord

_INSERT_RUN = (
    "INSERT INTO runs (id, pipeline, status, who, process_json, heartbeat, orchestrator, params_json, stack,"
    " environment, lineage, serial, plan_digest, output_digest, policy_digest, artifact_store, started_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
)
_INSERT_STEP = (
    "INSERT INTO steps (run, name, status, cached, source, attempts, seconds, started_at, cache_key, params_json,"
    " resources_json, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UPDATE_STEP = "UPDATE steps SET status = ?, attempts = ?, seconds = ?, cache_key = ?, error = ? WHERE id = ?"
_INSERT_ARTIFACT = (
    "INSERT INTO artifacts (digest, store, size, format, type) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_FIND_ARTIFACT = "SELECT id FROM artifacts WHERE digest = ? AND store = ? AND format = ? AND type = ?"
_INSERT_LINK = "INSERT INTO links (step, direction, name, artifact) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_INSERT_METRIC = "INSERT INTO metrics (step, name, value, attempt, logged_at) VALUES (?, ?, ?, ?, ?)"
_COPY_METRICS = (
    "INSERT INTO metrics (step, name, value, attempt, logged_at)"
    " SELECT s.id, m.name, m.value, m.attempt, m.logged_at FROM steps s JOIN metrics m ON m.step = s.source"
    " WHERE s.run = ? AND s.cached = 1 ORDER BY m.id"
)


class Ledger:
    """The row numbers of what this process wrote or read, so that they are not looked up again."""

    def __init__(self) -> None:
        self.runs: dict[str, int] = {}
        self.steps: dict[tuple[str, str], int] = {}
        self.artifacts: dict[Artifact, int] = {}

    def forget(self) -> None:
        """Drop everything; for after a transaction that was rolled back."""
        self.runs.clear()
        self.steps.clear()
        self.artifacts.clear()

    def run(self, connection: sqlite3.Connection, run_id: str) -> int:
        """The row of a run.

        Raises:
            StateError: There is none.
        """
        if run_id not in self.runs:
            row = connection.execute("SELECT seq FROM runs WHERE id = ?", (run_id,)).fetchone()
            if row is None:
                raise StateError(f"the run {run_id} is not recorded here", code="metadata.no_run")
            self.runs[run_id] = row[0]
        return self.runs[run_id]

    def step(self, connection: sqlite3.Connection, run_id: str, name: str) -> int | None:
        """The row of a step, or None."""
        if (run_id, name) not in self.steps:
            sql = "SELECT id FROM steps WHERE run = ? AND name = ?"
            row = connection.execute(sql, (self.run(connection, run_id), name)).fetchone()
            if row is None:
                return None
            self.steps[run_id, name] = row[0]
        return self.steps[run_id, name]

    def artifact(self, connection: sqlite3.Connection, artifact: Artifact) -> int:
        """The row of an artifact, which is made when there is none."""
        if artifact not in self.artifacts:
            digest, store, form, kind = artifact.digest, artifact.store, artifact.format, artifact.type
            done = connection.execute(_INSERT_ARTIFACT, (digest, store, artifact.size, form, kind))
            found = done.lastrowid if done.rowcount == 1 else None
            if found is None:
                found = connection.execute(_FIND_ARTIFACT, (digest, store, form, kind)).fetchone()[0]
            self.artifacts[artifact] = found
        return self.artifacts[artifact]


def insert_run(connection: sqlite3.Connection, ledger: Ledger, run: RunRecord) -> None:
    """Write a run that begins.

    Raises:
        StateError: There is a run of this id.
    """
    binding = run.binding
    values = (
        *(run.id, run.pipeline, run.status, run.who, json.dumps(this_process().to_json()), time.time()),
        *(run.orchestrator, _text(run.params), binding.stack, binding.environment, binding.lineage, binding.serial),
        *(binding.plan_digest, binding.output_digest, binding.policy_digest, run.artifact_store, run.started_at),
    )
    done = connection.execute(_INSERT_RUN, values)
    if done.rowcount != 1 or done.lastrowid is None:
        raise StateError(
            f"there is a run {run.id!r} already", code="metadata.run_exists", hint="give another run_id, or none"
        )
    ledger.runs[run.id] = done.lastrowid


def insert_step(connection: sqlite3.Connection, ledger: Ledger, run_id: str, step: StepRecord) -> int:
    """Write a step without its artifacts; returns its row."""
    source = ledger.step(connection, step.cached_from, step.name) if step.cached_from else None
    resources = None if step.resources is None else _text(step.resources)
    values = (
        *(ledger.run(connection, run_id), step.name, step.status, step.cached, source, step.attempts, step.seconds),
        *(step.started_at, step.cache_key, _text(step.params), resources, step.error),
    )
    row = connection.execute(_INSERT_STEP, values).lastrowid or 0
    ledger.steps[run_id, step.name] = row
    return row


def write_step(connection: sqlite3.Connection, ledger: Ledger, run_id: str, step: StepRecord) -> None:
    """Write how a step ended, with its artifacts."""
    row = ledger.steps.get((run_id, step.name))
    if row is None:
        row = insert_step(connection, ledger, run_id, step)
    else:
        values = (step.status, step.attempts, step.seconds, step.cache_key, step.error, row)
        connection.execute(_UPDATE_STEP, values)
    links = [
        (row, direction, name, ledger.artifact(connection, artifact))
        for direction, artifacts in (("in", step.inputs), ("out", step.outputs))
        for name, artifact in artifacts.items()
    ]
    if links:
        connection.executemany(_INSERT_LINK, links)


def insert_metrics(connection: sqlite3.Connection, ledger: Ledger, run_id: str, metrics: Sequence[Metric]) -> None:
    """Write metrics of steps that were written before; NaN is kept as NULL, as SQLite has no other way."""
    rows = [
        (
            ledger.step(connection, run_id, item.step),
            item.name,
            None if math.isnan(item.value) else item.value,
            item.attempt,
            item.logged_at,
        )
        for item in metrics
    ]
    if rows:
        connection.executemany(_INSERT_METRIC, rows)


def end_run(connection: sqlite3.Connection, run: int, ending: tuple[str, str, str | None]) -> None:
    """Write how a run ended: its status, when, and why. Cached steps get the metrics of those they stand for."""
    connection.execute("UPDATE steps SET status = 'interrupted' WHERE run = ? AND status = 'running'", (run,))
    connection.execute(_COPY_METRICS, (run,))
    sql = "UPDATE runs SET status = ?, finished_at = ?, error = ? WHERE seq = ?"
    connection.execute(sql, (*ending, run))


def _text(values: Mapping[str, object]) -> str:
    return json.dumps(dict(values), separators=(",", ":")) if values else "{}"
