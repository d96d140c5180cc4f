"""A bucket that Terraform made is taken over by its state, and is one of ours from then on; and it can go back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.engine.conftest import EngineProject
from tests.support.terraform import bucket, instance, managed, state_bytes

pytestmark = pytest.mark.engine
BUCKET = "aws:s3/bucket:Bucket"
IMPORT = "state import-terraform terraform.tfstate --stack s --auto-approve --json"


def made_by_terraform(project: EngineProject, *names: str) -> None:
    """Buckets as an apply of Terraform leaves them: in the cloud, and in its state."""
    s3 = project.aws.client("s3")
    for name in names:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "made-by", "Value": "terraform"}]})
    resources = [bucket(name, f"b{number}") for number, name in enumerate(names)]
    settings = managed("aws_s3_bucket_versioning", "b0", instance(id=names[0], bucket=names[0]))
    Path("terraform.tfstate").write_bytes(state_bytes(*resources, settings))


def declare(project: EngineProject, **names: str) -> None:
    resources: dict[str, Any] = {key: {"kind": "bucket", "name": name} for key, name in names.items()}
    project.declare(resources=resources)


def test_a_bucket_is_taken_over_brought_to_what_is_declared_and_destroyed_with_the_rest(
    project: EngineProject, unique: str
):
    name = f"{unique}-raw"
    project.names = [unique]
    made_by_terraform(project, name, f"{unique}-other")
    declare(project, data=name)
    done = project.run(IMPORT)
    assert done.code == 0, done.out + done.err
    assert [(item["terraform"], item["address"], item["id"]) for item in done.document["matched"]] == [
        ("aws_s3_bucket.b0", "aws.bucket.data", name)
    ]
    assert done.document["matched"][0]["settings"] == ["aws_s3_bucket_versioning.b0"]
    assert [item["action"] for item in done.document["apply"]["applied"]] == ["import"]
    assert [item["code"] for item in done.document["unmatched"]] == ["not_declared"]
    assert project.calls("create", BUCKET) == 0
    s3 = project.aws.client("s3")
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    tags = {item["Key"]: item["Value"] for item in s3.get_bucket_tagging(Bucket=name)["TagSet"]}
    assert tags["flowyml:address"] == "aws.bucket.data"
    assert "No changes" in project.run("plan s").out
    again = project.run(IMPORT)
    assert {item["code"] for item in again.document["unmatched"]} == {"recorded", "not_declared"}
    blocks = project.run("state export s --format terraform-import").out
    assert f'to = aws_s3_bucket.data\n  id = "{name}"' in blocks
    assert f'to = aws_s3_bucket_versioning.bucket_data\n  id = "{name}"' in blocks
    names = [event["name"] for event in project.run("audit list --json").document["events"]]
    assert "StackApplied" in names
    assert project.run("destroy s --auto-approve").code == 0
    assert project.buckets() == {f"{unique}-other"}


def test_several_are_taken_over_at_once_and_one_that_is_to_stay_stays(project: EngineProject, unique: str):
    project.names = [unique]
    names = {"data": f"{unique}-a", "kept": f"{unique}-b"}
    made_by_terraform(project, *names.values())
    project.declare(
        resources={
            "data": {"kind": "bucket", "name": names["data"]},
            "kept": {"kind": "bucket", "name": names["kept"], "lifecycle": {"on_destroy": "retain"}},
        }
    )
    done = project.run("state import-terraform terraform.tfstate --stack s --auto-approve")
    assert done.code == 0, done.out + done.err
    assert "terraform state rm aws_s3_bucket.b0 aws_s3_bucket.b1 aws_s3_bucket_versioning.b0" in done.out
    assert project.statuses() == {"aws.bucket.data": "created", "aws.bucket.kept": "created"}
    assert project.run("destroy s --auto-approve").code == 0
    assert project.buckets() == {names["kept"]}


def test_a_state_that_is_out_of_date_takes_nothing_over(project: EngineProject, unique: str):
    names = {"data": f"{unique}-a", "gone": f"{unique}-b"}
    project.names = [unique]
    declare(project, own=f"{unique}-own")
    assert project.apply().code == 0
    made_by_terraform(project, *names.values())
    project.aws.client("s3").delete_bucket(Bucket=names["gone"])
    declare(project, own=f"{unique}-own", **names)
    done = project.run(IMPORT)
    assert done.code == 1
    assert f"no {names['gone']} to import" in done.out
    assert "Nothing is taken over. `--exclude ADDRESS`" in done.err
    assert project.statuses() == {"aws.bucket.own": "created"}
    assert project.calls("create", BUCKET) == 1
    # The one that was there is not left behind on the engine's own record.
    assert project.run("state rebuild s --json").document["adopted"] == []
    done = project.run(f"{IMPORT} --exclude aws.bucket.gone")
    assert done.code == 0, done.out + done.err
    assert project.statuses() == {"aws.bucket.data": "created", "aws.bucket.own": "created"}


def test_a_cluster_whose_role_is_another_one_is_refused_whole_before_anything_is_touched(
    project: EngineProject, unique: str
):
    name = f"{unique}-eks"
    role = project.aws.client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    subnets = [item["SubnetId"] for item in project.aws.client("ec2").describe_subnets()["Subnets"]][:2]
    eks = project.aws.client("eks")
    eks.create_cluster(name=name, roleArn=role, resourcesVpcConfig={"subnetIds": subnets})
    Path("terraform.tfstate").write_bytes(
        state_bytes(managed("aws_eks_cluster", "main", instance(id=name, name=name, role_arn=role)))
    )
    project.declare(resources={"main": {"kind": "cluster", "name": name, "subnet_ids": subnets}})
    done = project.run(IMPORT)
    assert done.code == 1
    assert "would replace the cluster of aws.cluster.main" in done.out
    assert project.statuses() == {}
    assert eks.describe_cluster(name=name)["cluster"]["roleArn"] == role
