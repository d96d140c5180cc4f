"""What is there already and not on the engine's record: imports, and a record that was lost."""

from __future__ import annotations

import shutil

import pytest

from tests.e2e.engine.conftest import EngineProject
from tests.emulation.kubernetes_server import KubernetesServer

pytestmark = pytest.mark.engine
BUCKET = "aws:s3/bucket:Bucket"
NAMESPACE = "kubernetes:core/v1:Namespace"


def make_by_hand(project: EngineProject, name: str, creation: str = "") -> None:
    s3 = project.aws.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    if creation:
        tags = [{"Key": "flowyml:creation", "Value": creation}]
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})


def declare_import(project: EngineProject, name: str, id_: str, **properties: object) -> None:
    project.declare(
        resources={"data": {"kind": "bucket", "name": name, **properties}},
        imports=[{"to": "aws.bucket.data", "id": id_}],
    )


class TestImports:
    def test_a_bucket_that_is_there_becomes_ours_and_is_brought_to_what_is_declared(
        self, project: EngineProject, unique: str
    ):
        name = f"{unique}-data"
        project.names = [unique]
        make_by_hand(project, name)
        declare_import(project, name, name)
        done = project.apply()
        assert done.code == 0, done.out + done.err
        assert [item["action"] for item in done.document["applied"]] == ["import"]
        assert project.calls("create", BUCKET) == 0
        s3 = project.aws.client("s3")
        assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
        tags = {item["Key"]: item["Value"] for item in s3.get_bucket_tagging(Bucket=name)["TagSet"]}
        assert tags["flowyml:address"] == "aws.bucket.data"
        assert "No changes" in project.run("plan s").out
        assert project.run("destroy s --auto-approve").code == 0
        assert project.buckets() == set()

    def test_what_is_not_there_or_belongs_to_another_is_refused_and_left_alone(
        self, project: EngineProject, unique: str
    ):
        name = f"{unique}-data"
        make_by_hand(project, name, creation="another")
        for id_ in (name, f"{unique}-missing"):
            declare_import(project, name, id_)
            refused = project.apply()
            assert refused.code == 1
            assert f"no {id_} to import" in refused.err + refused.out
        tags = project.aws.client("s3").get_bucket_tagging(Bucket=name)["TagSet"]
        assert tags == [{"Key": "flowyml:creation", "Value": "another"}]
        assert project.statuses() == {}

    def test_an_import_that_would_replace_the_thing_is_refused(self, project: EngineProject, unique: str):
        name = f"{unique}-data"
        make_by_hand(project, name)
        declare_import(project, name, name, object_lock=True)
        refused = project.apply()
        assert refused.code == 1
        (told,) = refused.document["diagnostics"]
        assert "the engine would replace the bucket of " in told["summary"]
        project.names = [unique]
        assert project.buckets() == {name}


class TestLostRecord:
    def test_a_bucket_is_put_back_on_record_from_its_row_and_changed_in_place(
        self, project: EngineProject, unique: str
    ):
        name = f"{unique}-data"
        project.names = [unique]
        project.declare(resources={"data": {"kind": "bucket", "name": name}})
        assert project.apply().code == 0
        shutil.rmtree(project.root / ".flowyml" / "engine")
        project.declare(resources={"data": {"kind": "bucket", "name": name, "tags": {"cost": "ml"}}})
        done = project.apply()
        assert done.code == 0, done.out + done.err
        assert project.calls("create", BUCKET) == 1
        tags = project.aws.client("s3").get_bucket_tagging(Bucket=name)["TagSet"]
        assert {"Key": "cost", "Value": "ml"} in tags
        shutil.rmtree(project.root / ".flowyml" / "engine")
        assert project.run("destroy s --auto-approve").code == 0
        assert project.buckets() == set()

    def test_a_namespace_too(self, project: EngineProject, kubernetes: KubernetesServer, unique: str):
        project.declare("kubernetes", location={"namespace": unique}, compute={"backend": "kubernetes"})
        assert project.apply().code == 0
        shutil.rmtree(project.root / ".flowyml" / "engine")
        assert project.run("destroy s --auto-approve").code == 0
        assert kubernetes.get(f"/api/v1/namespaces/{unique}") is None
        assert project.calls("create", NAMESPACE) == 1


class TestRebuild:
    def test_the_engines_record_is_made_anew_from_our_rows(self, project: EngineProject, unique: str):
        project.names = [unique]
        project.declare(resources={"data": {"kind": "bucket", "name": f"{unique}-data"}})
        assert project.apply().code == 0
        assert "in line" in project.run("state rebuild s").out
        shutil.rmtree(project.root / ".flowyml" / "engine")
        lost = project.run("plan s --refresh")
        assert lost.code == 1
        assert "state rebuild" in lost.err
        assert project.run("state rebuild s --json").document["restored"] == ["aws.bucket.data"]
        assert "No changes" in project.run("plan s --refresh").out

    def test_a_record_that_is_damaged_with_its_copy_is_made_anew_as_the_error_says(
        self, project: EngineProject, unique: str
    ):
        project.names = [unique]
        project.declare(resources={"data": {"kind": "bucket", "name": f"{unique}-data"}})
        assert project.apply().code == 0
        records = list((project.root / ".flowyml" / "engine" / ".pulumi" / "stacks").glob("*/s.default.*.json*"))
        for record in records:
            record.write_bytes(record.read_bytes()[:100])
        project.declare(resources={"data": {"kind": "bucket", "name": f"{unique}-data", "tags": {"cost": "ml"}}})
        refused = project.apply()
        assert refused.code == 1
        assert refused.document["diagnostics"][0]["code"] == "engine.record_damaged"
        (damaged,) = [record for record in records if str(record) in refused.document["diagnostics"][0]["summary"]]
        damaged.unlink()
        assert project.run("state rebuild s --json").document["restored"] == ["aws.bucket.data"]
        assert project.apply().code == 0
        assert project.calls("create", BUCKET) == 1
        assert "No changes" in project.run("plan s --refresh").out
        assert project.run("destroy s --auto-approve").code == 0
        assert project.buckets() == set()

    def test_what_the_rows_have_lost_is_recorded_again_or_forgotten_by_the_engine(
        self, project: EngineProject, unique: str
    ):
        project.names = [unique]
        resources = {name: {"kind": "bucket", "name": f"{unique}-{name}"} for name in ("kept", "left")}
        project.declare(resources=resources)
        assert project.apply().code == 0
        for name in resources:
            assert project.run(f"state rm aws.bucket.{name} --stack s --auto-approve").code == 0
        project.declare(resources={"kept": resources["kept"]})
        done = project.run("state rebuild s --json").document
        assert done["adopted"] == ["aws.bucket.kept"]
        assert [item["address"] for item in done["strangers"]] == ["aws.bucket.left"]
        assert project.apply().code == 0
        assert project.calls("create", BUCKET) == 2
        assert project.statuses() == {"aws.bucket.kept": "created"}
        assert project.run("state rebuild s --forget --auto-approve").code == 0
        assert "in line" in project.run("state rebuild s").out
        assert project.run("destroy s --auto-approve").code == 0
        assert project.buckets() == {f"{unique}-left"}
