"""A region of AWS that answers from memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.programs.harness import Cloud, Made, Thing, make

ISSUER = "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC"
REGION = "eu-west-1"
ZONES = [f"{REGION}{letter}" for letter in "abc"]
DEFAULT_SUBNETS = ["subnet-default-a", "subnet-default-b"]
NEEDED: Mapping[str, Mapping[str, Any]] = {"node_group": {"cluster": "training"}}
"""Properties by kind that have no default."""

_OUTPUTS: Mapping[str, Mapping[str, Any]] = {
    "aws:ecr/repository:Repository": {"repositoryUrl": f"1.dkr.ecr.{REGION}.amazonaws.com/images"},
    "aws:rds/instance:Instance": {
        "address": "db.internal",
        "port": 5432,
        "masterUserSecrets": [{"secretArn": "arn:aws:secretsmanager:eu-west-1:1:secret:rds"}],
    },
    "aws:eks/cluster:Cluster": {
        "endpoint": "https://cluster.internal",
        "identities": [{"oidcs": [{"issuer": ISSUER}]}],
    },
    "aws:kms/key:Key": {"keyId": "1234"},
}


def _outputs(thing: Thing) -> Mapping[str, Any]:
    arn = f"arn:of:{thing.name}"
    return {"arn": arn, "region": REGION, **_OUTPUTS.get(thing.type, {})}


AWS = Cloud(
    "aws",
    {"region": REGION},
    _outputs,
    {
        "aws:index/getAvailabilityZones:getAvailabilityZones": lambda asked: {"names": ZONES, "id": REGION},
        "aws:ec2/getSubnets:getSubnets": lambda asked: {"ids": DEFAULT_SUBNETS},
        "aws:ec2/getSubnet:getSubnet": lambda asked: {"id": asked["id"], "vpcId": f"vpc-of-{asked['id']}"},
        "aws:ec2/getSecurityGroup:getSecurityGroup": lambda asked: {"id": f"{asked['name']}-of-{asked['vpcId']}"},
    },
)


def made(kind: str, **properties: Any) -> Made:
    """A resource of ``kind``, made."""
    return make(AWS, kind, **{**NEEDED.get(kind, {}), **properties})
