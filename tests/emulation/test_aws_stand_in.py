"""Buckets through the real engine, the AWS stand-in and the emulator."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws
import pytest
from pulumi import automation
from pulumi.automation import CommandError, OpType

from tests.emulation.aws_emulator import AwsEmulator
from tests.emulation.bed import Bed
from tests.emulation.direct import Direct
from tests.emulation.plugin.failures import RefusedError

pytestmark = pytest.mark.engine

BUCKET = "aws:s3/bucket:Bucket"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"


@dataclass
class Program:
    """A bucket with versions that nobody outside may read; tests change the fields between two runs."""

    bucket: str | None
    arguments: dict[str, Any] = field(default_factory=dict)
    versioning: str = "Enabled"

    def __call__(self) -> None:
        bucket = pulumi_aws.s3.Bucket("data", bucket=self.bucket, **self.arguments)
        pulumi_aws.s3.BucketVersioning(
            "versions", bucket=bucket.id, versioning_configuration={"status": self.versioning}
        )
        pulumi_aws.s3.BucketPublicAccessBlock("closed", bucket=bucket.id, block_public_acls=True)
        pulumi.export("bucket", bucket.bucket)
        pulumi.export("arn", bucket.arn)


@pytest.fixture
def program(unique: str) -> Program:
    return Program(unique)


def changes(result: automation.UpResult | automation.DestroyResult) -> dict[str, int]:
    counted = dict(result.summary.resource_changes or {})
    counted.pop("same", None)
    return counted


def test_a_bucket_comes_up_with_its_settings_changes_makes_way_and_goes(
    aws_bed: Bed, aws: AwsEmulator, program: Program
) -> None:
    stack, s3 = aws_bed.stack(program), aws.client("s3")
    preview = stack.preview()
    assert preview.change_summary == {OpType.CREATE: 4}
    assert not aws_bed.calls("create"), "a preview makes nothing"

    up = stack.up()
    assert up.outputs["arn"].value == f"arn:aws:s3:::{program.bucket}"
    assert s3.get_bucket_versioning(Bucket=program.bucket)["Status"] == "Enabled"
    block = s3.get_public_access_block(Bucket=program.bucket)["PublicAccessBlockConfiguration"]
    assert (block["BlockPublicAcls"], block["BlockPublicPolicy"]) == (True, False)
    assert changes(stack.up()) == {}

    program.arguments = {"tags": {"team": "risk"}}
    assert changes(stack.up()) == {"update": 1}
    assert s3.get_bucket_tagging(Bucket=program.bucket)["TagSet"] == [{"Key": "team", "Value": "risk"}]

    s3.put_bucket_versioning(Bucket=program.bucket, VersioningConfiguration={"Status": "Suspended"})
    assert changes(stack.up(refresh=True)) == {"update": 1}, "what was changed behind the state is put right"
    assert s3.get_bucket_versioning(Bucket=program.bucket)["Status"] == "Enabled"

    program.bucket = f"{program.bucket}-next"
    assert changes(stack.up()) == {"replace": 3}, "the settings follow"
    created, deleted = aws_bed.calls("create", BUCKET)[-1], aws_bed.calls("delete", BUCKET)[-1]
    assert created.time < deleted.time, "another name stands in nobody's way: the new one comes first"

    s3.put_object(Bucket=program.bucket, Key="model", Body=b"1")
    with pytest.raises(CommandError, match="BucketNotEmpty"):
        stack.destroy()
    program.arguments = {"force_destroy": True}
    stack.up()
    stack.destroy()
    assert program.bucket not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_every_setting_of_a_bucket_reads_as_it_was_written(aws_bed: Bed) -> None:
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}'
    encryption = {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}, "bucket_key_enabled": True}
    lifecycle = {
        "id": "scratch",
        "status": "Enabled",
        "filter": {"prefix": "tmp/"},
        "expiration": {"days": 3},
        "noncurrent_version_expiration": {"noncurrent_days": 4},
        "transitions": [{"days": 1, "storage_class": "GLACIER"}],
    }

    def settings() -> None:
        bucket = pulumi_aws.s3.Bucket("data")
        pulumi_aws.s3.BucketServerSideEncryptionConfiguration("encrypted", bucket=bucket.id, rules=[encryption])
        pulumi_aws.s3.BucketLifecycleConfiguration("ending", bucket=bucket.id, rules=[lifecycle])
        pulumi_aws.s3.BucketPolicy("closed", bucket=bucket.id, policy=policy)

    stack = aws_bed.stack(settings)
    stack.up()
    assert changes(stack.up(refresh=True)) == {}


def test_a_replaced_bucket_that_keeps_its_name_goes_first(aws_bed: Bed, program: Program) -> None:
    stack = aws_bed.stack(program)
    stack.up()
    program.arguments = {"object_lock_enabled": True}
    stack.up()
    created, deleted = aws_bed.calls("create", BUCKET)[-1], aws_bed.calls("delete", BUCKET)[-1]
    assert deleted.time < created.time


def test_a_name_that_is_left_out_is_made_and_kept(aws_bed: Bed, program: Program) -> None:
    program.bucket = None
    stack = aws_bed.stack(program)
    made = stack.up().outputs["bucket"].value
    assert made.startswith("data-")
    program.arguments = {"tags": {"team": "risk"}}
    assert stack.up().outputs["bucket"].value == made


def test_what_is_gone_is_forgotten_by_a_refresh(aws_bed: Bed, aws: AwsEmulator, program: Program) -> None:
    stack = aws_bed.stack(program)
    stack.up()
    aws.client("s3").delete_bucket(Bucket=program.bucket)
    assert changes(stack.refresh()) == {"delete": 3}


def test_a_bucket_that_is_there_is_not_taken_over(aws_bed: Bed, aws: AwsEmulator, program: Program) -> None:
    place = {"LocationConstraint": aws.client("s3").meta.region_name}
    aws.client("s3").create_bucket(Bucket=program.bucket, CreateBucketConfiguration=place)
    with pytest.raises(CommandError, match="BucketAlreadyExists"):
        aws_bed.stack(program).up()


class Untyped(pulumi.CustomResource):
    """A resource whose inputs no SDK has looked at."""

    def __init__(self, token: str, inputs: dict[str, Any]) -> None:
        super().__init__(token, "untyped", inputs)


@pytest.mark.parametrize(
    ("token", "inputs", "complaint"),
    [
        (VERSIONING, {"bucket": "abc"}, "versioningConfiguration"),
        (BUCKET, {"bucketName": "abc"}, "bucketName"),
        (BUCKET, {"bucket": "Not_A_Bucket"}, "Not_A_Bucket"),
    ],
)
def test_wrong_inputs_fail_the_check(direct: Direct, token: str, inputs: dict[str, Any], complaint: str) -> None:
    with pytest.raises(RefusedError, match=complaint):
        direct.checked(token, inputs)


@pytest.mark.parametrize(
    ("token", "inputs", "complaint"),
    [(BUCKET, {"bucketName": "abc"}, "bucketName"), ("aws:s3/bucketWish:BucketWish", {}, "no resource type")],
)
def test_what_fails_the_check_fails_the_preview(
    aws_bed: Bed, token: str, inputs: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(CommandError, match=complaint):
        aws_bed.stack(lambda: Untyped(token, inputs) and None).preview()
    assert not aws_bed.calls("create")


def test_without_an_emulator_nothing_is_asked(tmp_path: Any) -> None:
    bed = Bed(tmp_path, {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"})
    with pytest.raises(CommandError, match="names no emulator"):
        bed.stack(lambda: pulumi_aws.s3.Bucket("data") and None).preview()
