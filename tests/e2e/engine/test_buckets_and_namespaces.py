"""One bucket and one namespace, from the definition to the world and back, through the real engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.engine.conftest import EngineProject, kill
from tests.emulation.kubernetes_server import KubernetesServer
from tests.emulation.plugin import faults
from tests.emulation.plugin.faults import Fault

pytestmark = pytest.mark.engine
BUCKET = "aws:s3/bucket:Bucket"
NAMESPACE = "kubernetes:core/v1:Namespace"


def test_a_bucket_is_made_changed_and_taken_away(project: EngineProject, unique: str):
    name = f"{unique}-models"
    project.names = [unique]
    project.declare(storage={"artifact_store": {"uri": f"s3://{name}", "noncurrent_expire_after_days": 30}})
    made = project.apply()
    assert made.code == 0, made.out + made.err
    assert made.document["outputs"]["artifact_store"]["uri"] == f"s3://{name}"
    s3 = project.aws.client("s3")
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values())
    policy = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
    assert policy["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    tags = {item["Key"]: item["Value"] for item in s3.get_bucket_tagging(Bucket=name)["TagSet"]}
    assert tags["flowyml:address"] == "aws.bucket.artifact_store"
    assert len(tags["flowyml:creation"]) == 36

    before = project.every_call()
    assert "No changes" in project.run("plan s").out
    assert project.apply("apply s --auto-approve").code == 0
    assert project.every_call() == before

    project.declare(storage={"artifact_store": {"uri": f"s3://{name}", "tags": {"cost": "ml"}}})
    changed = project.apply()
    assert [item["action"] for item in changed.document["applied"]] == ["update"]
    tags = {item["Key"]: item["Value"] for item in s3.get_bucket_tagging(Bucket=name)["TagSet"]}
    assert tags["cost"] == "ml"

    assert project.run("destroy s --auto-approve").code == 0
    assert project.buckets() == set()
    assert project.statuses() == {}
    assert not list(Path(".flowyml/engine").rglob("*.run"))
    assert not list(Path(".flowyml/engine/.pulumi/stacks").rglob("s.*.json"))


def test_another_name_takes_another_bucket(project: EngineProject, unique: str):
    project.names = [unique]
    project.declare(storage={"artifact_store": {"uri": f"s3://{unique}-a"}})
    assert project.apply().code == 0
    project.declare(storage={"artifact_store": {"uri": f"s3://{unique}-b"}})
    replaced = project.apply()
    assert [item["action"] for item in replaced.document["applied"]] == ["replace"]
    assert project.buckets() == {f"{unique}-b"}
    lifecycle = {"create_before_destroy": True}
    project.declare(resources={"data": {"kind": "bucket", "lifecycle": lifecycle}})
    assert project.apply().code == 0
    project.declare(resources={"data": {"kind": "bucket", "lifecycle": lifecycle, "object_lock": True}})
    assert project.apply().code == 0
    assert project.run("destroy s --auto-approve").code == 0
    assert project.buckets() == set()


def test_a_namespace_and_a_folder_in_one_apply(project: EngineProject, kubernetes: KubernetesServer, unique: str):
    project.declare(
        "kubernetes",
        location={"namespace": unique},
        compute={"backend": "kubernetes"},
        resources={
            "here": {
                "kind": "directory",
                "provider": "local",
                "path": "here",
                "labels": {"namespace": "${resources.compute.outputs.name}"},
            }
        },
    )
    made = project.apply()
    assert made.code == 0, made.out + made.err
    assert made.document["outputs"]["compute"]["name"] == unique
    labels = kubernetes.get(f"/api/v1/namespaces/{unique}")["metadata"]["labels"]
    assert labels["flowyml-infra/stack"] == "s"
    assert labels["pod-security.kubernetes.io/enforce"] == "baseline"
    assert project.run("destroy s --auto-approve").code == 0
    assert not Path("here").exists()
    assert kubernetes.get(f"/api/v1/namespaces/{unique}") is None


class TestFailures:
    def test_a_cloud_that_is_asked_too_often_is_asked_again_in_the_same_apply(
        self, project: EngineProject, unique: str
    ):
        project.names = [unique]
        project.declare(resources={"data": {"kind": "bucket", "name": f"{unique}-data"}})
        project.suffer(Fault(faults.THROTTLE, "create", BUCKET), Fault(faults.THROTTLE, "delete", BUCKET))
        assert project.apply().code == 0
        assert project.calls("create", BUCKET) == 2
        assert project.run("destroy s --auto-approve").code == 0
        assert project.calls("delete", BUCKET) == 2
        assert project.buckets() == set()

    @pytest.mark.parametrize("what", [faults.LOSE, faults.DIE])
    def test_what_was_made_without_an_answer_is_found_and_not_made_twice(
        self, project: EngineProject, unique: str, what: str
    ):
        project.names = [unique]
        project.declare(resources={"data": {"kind": "bucket", "name": f"{unique}-data"}})
        project.suffer(Fault(what, "create", BUCKET))
        assert project.apply().code == 6
        project.suffer()
        assert project.apply().code == 0
        expected = 2 if what == faults.DIE else 1
        assert project.calls("create", BUCKET) == expected
        assert project.run("destroy s --auto-approve").code == 0
        assert project.buckets() == set()

    def test_one_that_fails_does_not_take_others_with_it(self, project: EngineProject, unique: str):
        project.names = [unique]
        both = {"bad": {"kind": "bucket", "name": f"{unique}-b"}, "good": {"kind": "bucket", "name": f"{unique}-g"}}
        project.declare(resources=both)
        project.suffer(Fault(faults.REFUSE, "create", "aws:s3/bucketVersioning:BucketVersioning"))
        failed = project.apply()
        assert failed.code == 6
        assert len(failed.document["failed"]) == 1
        assert len(failed.document["applied"]) == 1
        project.suffer()
        assert project.apply().code == 0
        assert project.buckets() == {f"{unique}-b", f"{unique}-g"}

    def test_a_name_that_somebody_else_has_is_refused_and_left_alone(self, project: EngineProject, unique: str):
        name = f"{unique}-taken"
        s3 = project.aws.client("s3")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        project.declare(resources={"data": {"kind": "bucket", "name": name}})
        for _ in range(2):
            failed = project.apply()
            assert failed.code == 6
            assert "the name is taken" in failed.document["failed"][0]["error"]
        project.declare()
        assert project.apply().code == 0
        assert project.statuses() == {}
        assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"


class TestKills:
    @pytest.mark.parametrize("token", [BUCKET, "aws:s3/bucketVersioning:BucketVersioning"])
    def test_a_killed_apply_is_completed_by_the_next_and_nothing_is_made_twice(
        self, project: EngineProject, unique: str, token: str
    ):
        project.names = [unique]
        project.declare(resources={"data": {"kind": "bucket", "name": f"{unique}-data"}})
        project.suffer(Fault(faults.STUCK, "create", token))
        process = project.spawn("apply s --auto-approve")
        project.wait_for(lambda: project.calls("create", token) == 1)
        kill(process)
        assert project.statuses() == {"aws.bucket.data": "creating"}
        project.suffer()
        done = project.apply()
        assert done.code == 0, done.out + done.err
        assert project.calls("create", token) == 1
        assert project.buckets() == {f"{unique}-data"}
        assert "No changes" in project.run("plan s").out

    def test_a_killed_apply_of_what_is_not_wanted_any_more_leaves_nothing(self, project: EngineProject, unique: str):
        project.names = [unique]
        project.declare(resources={"data": {"kind": "bucket", "name": f"{unique}-data"}})
        project.suffer(Fault(faults.STUCK, "create", BUCKET))
        process = project.spawn("apply s --auto-approve")
        project.wait_for(lambda: project.calls("create", BUCKET) == 1)
        kill(process)
        project.suffer()
        project.declare()
        assert project.apply().code == 0
        assert project.statuses() == {}
        assert project.buckets() == set()

    @pytest.mark.parametrize("method", ["update", "delete"])
    def test_a_killed_change_or_removal_is_finished_by_the_next(self, project: EngineProject, unique: str, method: str):
        project.names = [unique]
        entry = {"kind": "bucket", "name": f"{unique}-data"}
        project.declare(resources={"data": entry})
        assert project.apply().code == 0
        project.declare(resources={"data": {**entry, "tags": {"cost": "ml"}}} if method == "update" else {})
        project.suffer(Fault(faults.STUCK, method, BUCKET))
        process = project.spawn("apply s --auto-approve")
        project.wait_for(lambda: project.calls(method, BUCKET) == 1)
        kill(process)
        project.suffer()
        assert project.apply().code == 0
        assert project.buckets() == ({f"{unique}-data"} if method == "update" else set())
        assert "No changes" in project.run("plan s").out


class TestDrift:
    def test_what_was_changed_or_removed_behind_its_back_is_found_and_brought_back(
        self, project: EngineProject, unique: str
    ):
        project.names = [unique]
        project.declare(resources={name: {"kind": "bucket", "name": f"{unique}-{name}"} for name in "abc"})
        assert project.apply().code == 0
        assert "No changes" in project.run("plan s --refresh").out
        s3 = project.aws.client("s3")
        s3.put_bucket_versioning(Bucket=f"{unique}-a", VersioningConfiguration={"Status": "Suspended"})
        s3.put_bucket_tagging(Bucket=f"{unique}-a", Tagging={"TagSet": [{"Key": "by", "Value": "hand"}]})
        s3.delete_bucket(Bucket=f"{unique}-b")
        before = project.every_call()
        assert "No changes" in project.run("plan s").out
        assert project.every_call() == before
        found = {item["address"]: item for item in project.run("plan s --refresh --json").document["changes"]}
        assert {address: item["action"] for address, item in found.items()} == {
            "aws.bucket.a": "update",
            "aws.bucket.b": "create",
            "aws.bucket.c": "noop",
        }
        paths = {item["path"].partition(".")[0] for item in found["aws.bucket.a"]["fields"]}
        assert paths == {"versioning", "tags"}
        assert project.run("plan s --refresh --out today.plan").code == 0
        assert project.run("apply today.plan --json").code == 0
        assert s3.get_bucket_versioning(Bucket=f"{unique}-a")["Status"] == "Enabled"
        assert "by" not in {item["Key"] for item in s3.get_bucket_tagging(Bucket=f"{unique}-a")["TagSet"]}
        assert project.buckets() == {f"{unique}-a", f"{unique}-b", f"{unique}-c"}
        assert "No changes" in project.run("plan s --refresh").out
        assert project.run("destroy s --auto-approve").code == 0
        assert project.buckets() == set()
