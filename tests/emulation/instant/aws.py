"""Owns the account of AWS in which everything is there at once: what things have, and what functions answer."""

from __future__ import annotations

from tests.emulation.instant import stand_in
from tests.emulation.instant.behaviour import AWS
from tests.emulation.plugin.handling import Properties

ACCOUNT = "123456789012"


def _outputs(token: str, identity: str, inputs: Properties) -> Properties:
    service = token.split(":")[1].partition("/")[0]
    name = next((inputs[key] for key in ("bucket", "name", "identifier") if key in inputs), identity)
    region = inputs.get("region", "")
    return {"arn": f"arn:aws:{service}:{region}:{ACCOUNT}:{name}", **_more(token, identity)}


def _more(token: str, identity: str) -> Properties:
    match token:
        case "aws:ecr/repository:Repository":
            return {"repositoryUrl": f"{ACCOUNT}.dkr.ecr.amazonaws.com/{identity}"}
        case "aws:rds/instance:Instance":
            secret = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:{identity}"
            return {"address": f"{identity}.internal", "port": 5432, "masterUserSecrets": [{"secretArn": secret}]}
        case "aws:eks/cluster:Cluster":
            issuer = f"https://oidc.eks.amazonaws.com/id/{identity}"
            return {"endpoint": f"https://{identity}.internal", "identities": [{"oidcs": [{"issuer": issuer}]}]}
        case "aws:kms/key:Key":
            return {"keyId": identity}
    return {}


def _zones(asked: Properties) -> Properties:
    region = asked.get("region", "eu-west-1")
    return {"id": region, "names": [f"{region}{letter}" for letter in "abcdef"]}


FUNCTIONS = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:ec2/getSubnets:getSubnets": lambda asked: {"id": "all", "ids": ["subnet-a", "subnet-b"]},
    "aws:ec2/getSubnet:getSubnet": lambda asked: {"id": asked["id"], "vpcId": f"vpc-of-{asked['id']}"},
    "aws:ec2/getSecurityGroup:getSecurityGroup": lambda asked: {"id": f"{asked['name']}-of-{asked['vpcId']}"},
}


class Provider(stand_in.Provider):
    """The account."""

    def __init__(self) -> None:
        super().__init__(AWS, _outputs, FUNCTIONS)
