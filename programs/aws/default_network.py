"""Owns the looking up of the network that an account has from the start, for what names no network of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws
from pulumi_aws import ec2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..component import Component, Inputs

_WITHOUT_EKS = ("use1-az3", "usw1-az2", "cac1-az3")
"""Zones that cannot have a cluster's control plane: https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html"""


def subnets(component: Component, inputs: Inputs) -> pulumi.Input[Sequence[pulumi.Input[str]]]:
    """The subnets that ``inputs`` name, else those of the default network."""
    if inputs.given("subnet_ids"):
        return inputs.texts("subnet_ids")
    look = pulumi.InvokeOptions(parent=component)
    zones = aws.get_availability_zones_output(exclude_zone_ids=list(_WITHOUT_EKS), opts=look)
    filters = zones.names.apply(
        lambda names: [
            ec2.GetSubnetsFilterArgs(name="default-for-az", values=["true"]),
            ec2.GetSubnetsFilterArgs(name="availability-zone", values=names),
        ]
    )
    return ec2.get_subnets_output(filters=filters, opts=look).ids


def groups(
    component: Component, inputs: Inputs, subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
) -> pulumi.Input[Sequence[pulumi.Input[str]]]:
    """The security groups that ``inputs`` name, else the default one of the network that the subnets are in."""
    if inputs.given("security_group_ids"):
        return inputs.texts("security_group_ids")
    look = pulumi.InvokeOptions(parent=component)
    first = pulumi.Output.from_input(subnet_ids).apply(lambda found: found[0])
    subnet = ec2.get_subnet_output(id=first, opts=look)
    return [ec2.get_security_group_output(name="default", vpc_id=subnet.vpc_id, opts=look).id]
