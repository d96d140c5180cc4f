"""What a stack on AWS stands on (network, key, role, secret, bucket), from the definition to the world and back."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.engine.conftest import Ended, EngineProject

pytestmark = pytest.mark.engine
VALUE, OTHER_VALUE = "sesame-open-the-door", "sesame-shut-the-door"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"
NETWORK, ROLE, BUCKET = "aws.network.network", "aws.identity.identity", "aws.bucket.artifact_store"
KEY, SECRET = "aws.key.lock", "aws.secret.token"
PARTS = {
    "vpc": 1,
    "subnet": 3,
    "internet-gateway": 1,
    "natgateway": 1,
    "route-table": 2,
    "security-group": 1,
}


def spec(unique: str, cidr: str, max_session: int) -> dict[str, Any]:
    lock = "${resources.lock.outputs.arn}"
    token = {"kind": "secret", "name": f"{unique}/token", "value": "${TOKEN}", "kms_key": lock, "recovery_window": 7}
    return {
        "network": {"cidr": cidr},
        "identity": {
            "name": unique,
            "secret": "${resources.token.outputs.arn}",
            "policies": [READ_ONLY],
            "max_session": max_session,
        },
        "storage": {"artifact_store": {"uri": f"s3://{unique}-data", "kms_key": lock}},
        "resources": {"lock": {"kind": "key", "deletion_window": 7}, "token": token},
    }


class World:
    """What there is, asked past the engine."""

    def __init__(self, project: EngineProject, unique: str) -> None:
        self.project, self.unique = project, unique
        self.ec2, self.iam, self.kms = (project.aws.client(name) for name in ("ec2", "iam", "kms"))
        self.secrets, self.tagged = (
            project.aws.client(name) for name in ("secretsmanager", "resourcegroupstaggingapi")
        )

    def network(self, vpc_id: str) -> dict[str, Any]:
        return dict(self.ec2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"][0])

    def of_creation(self, vpc_id: str) -> Counter[str]:
        """How many things of each type carry the creation of a network."""
        tags = {item["Key"]: item["Value"] for item in self.network(vpc_id)["Tags"]}
        wanted = [{"Key": "flowyml:creation", "Values": [tags["flowyml:creation"]]}]
        pages = self.tagged.get_paginator("get_resources").paginate(TagFilters=wanted)
        found = [item["ResourceARN"] for page in pages for item in page["ResourceTagMappingList"]]
        return Counter(arn.split(":")[5].partition("/")[0] for arn in found)

    def left(self) -> dict[str, Any]:
        """What would cost money or be in the way."""
        live = [{"Name": "state", "Values": ["pending", "available"]}]
        return {
            "networks": [item["VpcId"] for item in self.ec2.describe_vpcs()["Vpcs"]],
            "gateways": self.ec2.describe_internet_gateways()["InternetGateways"],
            "nats": self.ec2.describe_nat_gateways(Filters=live)["NatGateways"],
            "addresses": self.ec2.describe_addresses()["Addresses"],
            "interfaces": self.ec2.describe_network_interfaces()["NetworkInterfaces"],
            "roles": [role["RoleName"] for role in self.iam.list_roles()["Roles"]],
            "secrets": self.secrets.list_secrets()["SecretList"],
            "buckets": self.project.buckets(),
        }

    def value(self) -> str:
        return str(self.secrets.get_secret_value(SecretId=f"{self.unique}/token")["SecretString"])


def actions(ended: Ended, of: str) -> dict[str, str]:
    assert ended.code == 0, ended.out + ended.err
    return {item["address"]: item["action"] for item in ended.document[of] if item["action"] != "noop"}


def assert_kept_secret(*told: Ended) -> None:
    """No value is told, and none rests in the state, in the engine's record or in a cache."""
    kept = b"".join(path.read_bytes() for path in Path(".flowyml").rglob("*") if path.is_file())
    for value in (VALUE, OTHER_VALUE):
        assert value.encode() not in kept
        assert not any(value in ended.out + ended.err for ended in told)


def test_they_are_made_changed_replaced_and_taken_away(
    project: EngineProject, unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.names = [unique]
    world = World(project, unique)
    before = world.left()

    monkeypatch.setenv("TOKEN", VALUE)
    project.declare(**spec(unique, "10.32.0.0/16", 3600))
    made = project.apply()
    assert actions(made, "applied") == dict.fromkeys((NETWORK, ROLE, BUCKET, KEY, SECRET), "create")
    network = made.document["outputs"]["network"]
    assert world.network(network["vpc_id"])["CidrBlock"] == network["cidr"] == "10.32.0.0/16"
    assert world.of_creation(network["vpc_id"]) == PARTS
    subnets = world.ec2.describe_subnets(SubnetIds=network["subnet_ids"])["Subnets"]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == 2
    role = made.document["outputs"]["identity"]
    assert role["arn"] == world.iam.get_role(RoleName=unique)["Role"]["Arn"]
    granted = world.iam.get_role_policy(RoleName=unique, PolicyName=f"{unique}-grants")["PolicyDocument"]
    secret = world.secrets.describe_secret(SecretId=f"{unique}/token")
    assert {item["Sid"]: item["Resource"] for item in granted["Statement"]}["Secrets"] == [secret["ARN"]]
    rules = project.aws.client("s3").get_bucket_encryption(Bucket=f"{unique}-data")
    encryption = rules["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert encryption["KMSMasterKeyID"] == secret["KmsKeyId"]
    assert world.value() == VALUE

    calls = project.every_call()
    assert "No changes" in project.run("plan s").out
    assert project.every_call() == calls

    monkeypatch.setenv("TOKEN", OTHER_VALUE)
    project.declare(**spec(unique, "10.33.0.0/16", 7200))
    planned = project.run("plan s --json")
    assert actions(planned, "changes") == {NETWORK: "replace", ROLE: "update", SECRET: "update"}
    changed = project.apply()
    assert actions(changed, "applied") == actions(planned, "changes")
    other = changed.document["outputs"]["network"]
    assert other["vpc_id"] != network["vpc_id"]
    assert world.network(other["vpc_id"])["CidrBlock"] == "10.33.0.0/16"
    assert len(world.left()["networks"]) == len(before["networks"]) + 1
    assert world.iam.get_role(RoleName=unique)["Role"]["MaxSessionDuration"] == 7200
    assert world.secrets.describe_secret(SecretId=f"{unique}/token")["ARN"] == secret["ARN"]
    assert world.value() == OTHER_VALUE
    assert_kept_secret(made, planned, changed)

    assert project.run("destroy s --auto-approve").code == 0
    assert world.left() == before
    assert world.kms.describe_key(KeyId=secret["KmsKeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert world.secrets.describe_secret(SecretId=secret["ARN"])["DeletedDate"]
    assert project.statuses() == {}


def test_a_secret_that_was_there_before_is_not_made_again_under_its_name(project: EngineProject, unique: str) -> None:
    token = {"kind": "secret", "name": f"{unique}/token", "recovery_window": 7}
    secrets = project.aws.client("secretsmanager")
    secrets.create_secret(Name=token["name"], SecretString=VALUE)
    secrets.delete_secret(SecretId=token["name"], RecoveryWindowInDays=7)
    project.declare(resources={"token": token})
    failed = project.apply()
    assert failed.code == 6
    (problem,) = failed.document["failed"]
    assert problem["address"] == "aws.secret.token"
    assert "already scheduled for deletion" in problem["error"]
    assert json.dumps(failed.document).count(VALUE) == 0
    secrets.restore_secret(SecretId=token["name"])
    assert secrets.get_secret_value(SecretId=token["name"])["SecretString"] == VALUE
