"""Owns a pipeline on this machine that keeps its artifacts in a bucket which an engine made for another stack."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.e2e.engine.conftest import Ended, EngineProject

PIPELINE = """
from flowyml_infra import Pipeline, context, step

@step(outputs=["numbers"])
def load(count):
    return list(range(count))

@step(inputs=["numbers"], outputs=["total"])
def add(numbers, times):
    return sum(numbers) * times

pipeline = Pipeline("sums", context=context(count=5, times=1))
pipeline.add_step(load)
pipeline.add_step(add)
"""


def pipeline_runs(project: EngineProject, stack: str, bucket: str) -> list[Ended]:
    """Run it twice on a stack that reads where ``stack`` keeps artifacts; the second run reads what is there."""
    store = {"provider": "aws", "existing": True, "uri": f"${{stacks.{stack}.outputs.artifact_store.uri}}"}
    trial = {
        "apiVersion": "flowyml/v1",
        "kind": "StackDefinition",
        "metadata": {"name": "trial", "labels": {"team": "ml"}},
        "spec": {
            "provider": "local",
            "storage": {"artifact_store": store, "metadata_store": {"path": ".flowyml/metadata.db"}},
        },
    }
    Path("stacks/trial.yaml").write_text(yaml.safe_dump(trial))
    Path("sums.py").write_text(PIPELINE)
    applied = project.run("apply trial --auto-approve")
    assert applied.code == 0, applied.out + applied.err
    first = project.run("run sums.py --stack trial --json")
    assert first.code == 0, first.out + first.err
    s3 = project.aws.client("s3")
    assert len(s3.list_objects_v2(Bucket=bucket)["Contents"]) == 2
    second = project.run("run sums.py --stack trial --param times=3 --json")
    assert second.code == 0, second.out + second.err
    load, add = second.document["steps"]
    assert (load["cached"], add["cached"]) == (True, False)
    key = add["outputs"]["total"]["uri"].removeprefix(f"s3://{bucket}/")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"30"
    return [first, second]
