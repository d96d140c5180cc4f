"""Owns a pipeline on this machine with its artifacts in a stack's bucket, and its record in a stack's database."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flowyml_infra.runtime.result import PipelineResult
from tests.e2e.engine.conftest import Ended, EngineProject

PIPELINE = """
from flowyml_infra import Pipeline, context, log_metric, step

@step(outputs=["numbers"])
def load(count):
    return list(range(count))

@step(inputs=["numbers"], outputs=["total"])
def add(numbers, times):
    log_metric("times", times)
    return sum(numbers) * times

pipeline = Pipeline("sums", context=context(count=5, times=1))
pipeline.add_step(load)
pipeline.add_step(add)
"""
Rows = Callable[[str], list[tuple[Any, ...]]]
"""What a statement gives in the metadata store's own schema, asked past the library."""


def run_pipeline(stack: str, times: int = 1) -> PipelineResult:
    """Run it on ``stack``, which runs its steps elsewhere: this release has them carried out here."""
    Path("sums.py").write_text(PIPELINE)
    pipeline = runpy.run_path("sums.py")["pipeline"]
    result: PipelineResult = pipeline.run(stack=stack, orchestrator="local", params={"times": times})
    return result.raise_for_status()


def pipeline_runs(project: EngineProject, stack: str, bucket: str, rows: Rows) -> list[Ended]:
    """Run it twice, the second time with what is there; returns what the commands say about it."""
    first, second = run_pipeline(stack), run_pipeline(stack, times=3)
    assert (second.steps["load"].cached, second.steps["add"].cached) == (True, False)

    s3 = project.aws.client("s3")
    assert len(s3.list_objects_v2(Bucket=bucket)["Contents"]) == 3
    artifact = second.outputs.artifact("total")
    key = artifact.uri.removeprefix(f"s3://{bucket}/")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"30"

    ids = [first.run_id, second.run_id]
    assert rows("SELECT id, pipeline, status, stack FROM runs ORDER BY seq") == [
        (run, "sums", "succeeded", stack) for run in ids
    ]
    steps = "SELECT r.id, s.name, s.status, s.cached FROM steps s JOIN runs r ON r.seq = s.run ORDER BY r.seq, s.name"
    assert rows(steps) == [
        (first.run_id, "add", "succeeded", 0),
        (first.run_id, "load", "succeeded", 0),
        (second.run_id, "add", "succeeded", 0),
        (second.run_id, "load", "succeeded", 1),
    ]
    made = {item.digest for result in (first, second) for item in map(result.outputs.artifact, ("numbers", "total"))}
    assert {row[0] for row in rows("SELECT digest FROM artifacts")} == made
    assert rows("SELECT value FROM metrics ORDER BY id") == [(1.0,), (3.0,)]

    assert project.run(f"run sums.py --stack {stack}").code == 1, "no step runs where the stack would have it run"
    again = project.run(f"run sums.py --stack {stack} --param times=3 --orchestrator local --json")
    assert again.code == 0, again.out + again.err
    ids.append(again.document["run"]["id"])
    assert {step["cached"] for step in again.document["steps"]} == {True}

    listed = project.run(f"runs list {stack} --json")
    assert listed.code == 0, listed.out + listed.err
    assert [item["id"] for item in listed.document["runs"]] == ids[::-1]
    shown = project.run(f"runs show {second.run_id} --stack {stack} --json")
    assert shown.code == 0, shown.out + shown.err
    assert artifact.digest in json.dumps(shown.document)
    return [listed, shown]
