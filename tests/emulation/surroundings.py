"""Owns what other things of AWS need around them in tests of their stand-ins: a network, and roles."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tests.emulation.direct import Direct
from tests.emulation.plugin.handling import State


@dataclass(frozen=True)
class Network:
    """A network with two subnets in two zones and a security group."""

    id: str
    subnets: list[str]
    group: str


def network(direct: Direct, cidr: str = "10.0.0.0/16") -> Network:
    """One that goes when the test ends."""
    vpc = direct.make("aws:ec2/vpc:Vpc", cidrBlock=cidr)
    prefix = cidr.rpartition(".0.0/")[0]
    subnets = [
        direct.make(
            "aws:ec2/subnet:Subnet", vpcId=vpc.id, cidrBlock=f"{prefix}.{i}.0/24", availabilityZone=f"eu-west-1{zone}"
        ).id
        for i, zone in enumerate("ab")
    ]
    group = direct.make("aws:ec2/securityGroup:SecurityGroup", name="inside", description="Inside", vpcId=vpc.id)
    return Network(vpc.id, subnets, group.id)


def role(direct: Direct, name: str, service: str) -> State:
    """A role that ``service`` takes."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return direct.make("aws:iam/role:Role", name=name, assumeRolePolicy=trust)
