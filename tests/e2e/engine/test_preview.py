"""``plan --preview``: the engine's own view, below each change, with nothing written anywhere."""

from __future__ import annotations

import pytest

from tests.e2e.engine.conftest import EngineProject

pytestmark = pytest.mark.engine
BUCKET = "aws:s3/bucket:Bucket"
ADDRESS = "aws.bucket.data"


def seen(project: EngineProject, line: str) -> dict[tuple[str, str], list[str]]:
    """What changes by operation and type."""
    shown = project.run(line)
    assert shown.code == 0, shown.out + shown.err
    return {(item["operation"], item["type"]): item["changed"] for item in shown.document["preview"][ADDRESS]}


def test_the_engines_view_of_creations_changes_and_deletions(project: EngineProject, unique: str):
    project.names = [unique]
    project.declare(resources={"data": {"kind": "bucket", "name": f"{unique}-data"}})
    made = seen(project, "plan s --preview --json")
    assert ("create", BUCKET) in made
    assert ("create", "aws:s3/bucketVersioning:BucketVersioning") in made
    assert f"| create {BUCKET} data.1" in project.run("plan s --preview").out
    assert project.buckets() == set()
    assert not (project.root / ".flowyml" / "engine").exists()

    assert project.apply().code == 0
    record = {path: path.read_bytes() for path in (project.root / ".flowyml" / "engine").rglob("*.json")}
    project.declare(resources={"data": {"kind": "bucket", "name": f"{unique}-data", "tags": {"cost": "ml"}}})
    changed = seen(project, "plan s --preview --json")
    assert changed["update", BUCKET] == ["tags"]
    assert ("delete", BUCKET) in seen(project, "plan s --destroy --preview --json")
    assert {path: path.read_bytes() for path in (project.root / ".flowyml" / "engine").rglob("*.json")} == record
    assert project.buckets() == {f"{unique}-data"}


def test_what_the_engine_would_refuse_is_told_before_anything_is_approved(project: EngineProject, unique: str):
    project.declare(resources={"data": {"kind": "bucket", "name": f"{unique}-data"}})
    project.run("plan s")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        # A stand-in never asks the real cloud: it says so when it is configured.
        project.forget_variable(name)
    refused = project.run("plan s --preview --json")
    assert refused.code == 1
    assert "AWS_ENDPOINT_URL" in refused.document["diagnostics"][0]["summary"]
    assert not (project.root / ".flowyml" / "engine").exists()
