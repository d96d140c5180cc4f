"""Owns the making of ``aws.network``: private subnets in several zones and, if wanted, one way out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws
from pulumi_aws import ec2

from ..component import Component
from .subnetting import exit_part, part, zone
from .tags import tags

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..component import Inputs

_ANYWHERE = "0.0.0.0/0"


class Network(Component):
    """A VPC; nothing in it has an address on the internet but the gateway through which the rest gets out."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("aws:network", name, inputs, opts)
        self.inputs = inputs
        self.tags = tags(inputs)
        self.cidr = pulumi.Output.from_input(inputs.text("cidr"))
        self.primary = self.vpc = ec2.Vpc(
            name,
            cidr_block=inputs.text("cidr"),
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=self.tags,
            opts=self.child(),
        )
        self.zones = aws.get_availability_zones_output(
            filters=[aws.GetAvailabilityZonesFilterArgsDict(name="opt-in-status", values=["opt-in-not-required"])],
            opts=pulumi.InvokeOptions(parent=self),
        ).names
        nat = self._way_out() if inputs.flag("internet") else None
        subnets = self._subnets(inputs.whole("zones") or 2, nat)
        firewall = self._firewall()
        self.gives = {
            "vpc_id": self.vpc.id,
            "subnet_ids": [subnet.id for subnet in subnets],
            "security_group_id": firewall.id,
            "cidr": self.vpc.cidr_block,
            "id": self.vpc.id,
        }

    def _subnets(self, count: int, nat: ec2.NatGateway | None) -> list[ec2.Subnet]:
        """One private subnet a zone, and the one table that says where their packets go."""
        subnets = [self._private(count, index) for index in range(count)]
        out = [] if nat is None else [ec2.RouteTableRouteArgs(cidr_block=_ANYWHERE, nat_gateway_id=nat.id)]
        self._route("routes", out, subnets)
        return subnets

    def _private(self, count: int, index: int) -> ec2.Subnet:
        return self._subnet(f"subnet-{index + 1}", lambda cidr: part(cidr, count, index), index)

    def _subnet(self, name: str, addresses: Callable[[str], str], zone_index: int) -> ec2.Subnet:
        """A subnet with those of the network's addresses, in one of the region's zones."""
        return ec2.Subnet(
            f"{self.name}-{name}",
            vpc_id=self.vpc.id,
            cidr_block=self.cidr.apply(addresses),
            availability_zone=self.zones.apply(lambda names: zone(names, zone_index)),
            map_public_ip_on_launch=False,
            tags=tags(self.inputs, name),
            opts=self.child(),
        )

    def _way_out(self) -> ec2.NatGateway:
        """A small subnet of its own that reaches the internet, with the one gateway and the one address in it."""
        gateway = ec2.InternetGateway(f"{self.name}-gateway", vpc_id=self.vpc.id, tags=self.tags, opts=self.child())
        subnet = self._subnet("exit", exit_part, 0)
        out = ec2.RouteTableRouteArgs(cidr_block=_ANYWHERE, gateway_id=gateway.id)
        joins = self._route("exit-routes", [out], [subnet])
        address = ec2.Eip(f"{self.name}-address", domain="vpc", tags=self.tags, opts=self.child(depends_on=[gateway]))
        return ec2.NatGateway(
            f"{self.name}-nat",
            subnet_id=subnet.id,
            allocation_id=address.id,
            tags=self.tags,
            opts=self.child(depends_on=joins),
        )

    def _route(
        self, name: str, routes: list[ec2.RouteTableRouteArgs], subnets: list[ec2.Subnet]
    ) -> list[ec2.RouteTableAssociation]:
        table = ec2.RouteTable(
            f"{self.name}-{name}",
            vpc_id=self.vpc.id,
            routes=routes,
            tags=tags(self.inputs, name),
            opts=self.child(),
        )
        return [
            ec2.RouteTableAssociation(
                f"{self.name}-{name}-{index}", route_table_id=table.id, subnet_id=subnet.id, opts=self.child()
            )
            for index, subnet in enumerate(subnets, start=1)
        ]

    def _firewall(self) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            f"{self.name}-firewall",
            # Unique in its VPC, which has no name that it could be made of.
            name="members",
            description="Its members talk to each other, and nobody else to them.",
            vpc_id=self.vpc.id,
            ingress=[ec2.SecurityGroupIngressArgs(protocol="-1", from_port=0, to_port=0, self=True)],
            egress=[ec2.SecurityGroupEgressArgs(protocol="-1", from_port=0, to_port=0, cidr_blocks=[_ANYWHERE])],
            tags=self.tags,
            opts=self.child(),
        )
