"""Drift of a bucket in an emulated AWS: found, let be, taken in and set back, through the real engine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowyml_infra.apply.engines.pulumi import launcher, looking
from flowyml_infra.errors import EngineError
from tests.e2e.engine.conftest import EngineProject
from tests.emulation.plugin import faults
from tests.emulation.plugin.faults import Fault

pytestmark = pytest.mark.engine
DATA = "aws.bucket.data"


def test_what_somebody_changed_is_found_taken_in_and_set_back(project: EngineProject, unique: str):
    name, today = f"{unique}-data", str(datetime.now(UTC).date())
    project.names = [unique]
    project.declare(resources={"data": {"kind": "bucket", "name": name, "tags": {"cost": "ml"}}})
    assert project.apply().code == 0
    assert project.run("drift s").code == 0
    s3 = project.aws.client("s3")
    tags = s3.get_bucket_tagging(Bucket=name)["TagSet"]
    strayed = [{"Key": item["Key"], "Value": "web" if item["Key"] == "cost" else item["Value"]} for item in tags]
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": strayed})
    recorded = project.run("state pull s").out

    found = project.run("drift s --json")
    assert found.code == 2, found.out + found.err
    [item] = found.document["resources"]
    assert (item["address"], item["condition"]) == (DATA, "changed")
    assert [(field["path"], field["before"], field["after"]) for field in item["fields"]] == [
        ("tags.cost", "ml", "web")
    ]
    assert project.run(f"drift s --ack {DATA} --until {today} --why known").code == 0
    assert project.run("drift s").code == 0
    assert project.run("state pull s").out == recorded
    assert project.run(f"drift s --withdraw {DATA}").code == 0

    assert project.run("refresh s --auto-approve").code == 0
    assert {item["Key"]: item["Value"] for item in s3.get_bucket_tagging(Bucket=name)["TagSet"]}["cost"] == "web"
    planned = project.run("plan s --json").document
    assert [change["action"] for change in planned["changes"]] == ["update"]
    assert project.apply().code == 0
    assert {item["Key"]: item["Value"] for item in s3.get_bucket_tagging(Bucket=name)["TagSet"]}["cost"] == "ml"
    assert project.run("drift s").code == 0

    s3.delete_bucket(Bucket=name)
    found = project.run("drift s --json")
    assert found.code == 2
    assert [item["condition"] for item in found.document["resources"]] == ["gone"]
    assert project.run("refresh s --auto-approve").code == 0
    assert project.statuses() == {}
    assert project.apply().code == 0
    assert project.buckets() == {name}
    assert project.run("drift s").code == 0
    assert project.run("destroy s --auto-approve").code == 0
    assert project.buckets() == set()


def test_a_cloud_that_does_not_answer_is_asked_once_and_everything_is_unknown(
    project: EngineProject, unique: str, monkeypatch: pytest.MonkeyPatch
):
    project.names = [unique]
    entries = {key: {"kind": "bucket", "name": f"{unique}-{key}"} for key in ("a", "b")}
    project.declare(resources=entries)
    assert project.apply().code == 0
    asked = []

    def refuse(*_: object) -> None:
        asked.append(1)
        raise EngineError("the cloud does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(looking, "Look", refuse)
        found = project.run("drift s --json")
    assert found.code == 1
    assert {item["condition"] for item in found.document["resources"]} == {"unknown"}
    assert asked == [1]
    assert project.run("destroy s --auto-approve").code == 0


def test_a_look_that_hangs_is_given_up_on_and_ended(
    project: EngineProject, unique: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    project.names = [unique]
    project.declare(resources={"data": {"kind": "bucket", "name": f"{unique}-data"}})
    assert project.apply().code == 0
    project.suffer(Fault(faults.STUCK, "read", "aws:s3/bucket:Bucket"))
    monkeypatch.setattr(launcher, "_PATIENCE_SECONDS", 1.0)  # what is stuck does not end by itself
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    found = project.run("drift s --timeout 8 --json")
    assert found.code == 1, found.out + found.err
    [item] = found.document["resources"]
    assert (item["condition"], item["error"]["code"]) == ("unknown", "engine.timeout")
    project.wait_for(lambda: not list((tmp_path / "temporary").glob("flowyml-engine-*")))
    project.suffer()
    assert project.run("drift s").code == 0
    assert project.run("destroy s --auto-approve").code == 0
