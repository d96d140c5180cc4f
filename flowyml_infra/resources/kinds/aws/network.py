"""Owns the kind ``aws.network``: a VPC with private subnets in several zones and, if wanted, a way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cidr import cidr_problem
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import flag, number, place_property, tags_property, text
from flowyml_infra.resources.facts import aws_compute as facts
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.places.aws import REGIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.values import Value


def _goes_out(properties: Mapping[str, Value]) -> bool:
    return properties.get("internet") is not False


_TAGGED = ("network", "subnets", "firewall", "routes", "exit", "exit_routes", "gateway", "address", "nat")

KIND: Final = cloud_kind(
    "aws.network",
    "A private network in a VPC.",
    properties=(
        place_property(
            "region",
            "The region, for example eu-west-1.",
            known=REGIONS,
            feeds=("network.region", "subnets.region", "exit.region"),
        ),
        text(
            "cidr",
            "Its addresses; every subnet gets a part of them.",
            "network.cidr_block",
            "subnets.cidr_block",
            "exit.cidr_block",
            default="10.0.0.0/16",
            # https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
            check=cidr_problem(16, 24),
        ),
        number(
            "zones",
            "In how many zones it has a subnet.",
            "subnets.availability_zone",
            "subnets.cidr_block",
            unit="zones",
            bounds=(2, 6),
            default=2,
            # The parts that the subnets get depend on how many there are.
            replaces=True,
        ),
        flag(
            "internet",
            "Let what is in it reach the internet, through one address; nothing gets in.",
            "routes.routes",
            default=True,
        ),
        tags_property("aws", feeds=tuple(f"{child}.tags" for child in _TAGGED)),
    ),
    outputs=(
        Output("vpc_id", "string", "The VPC's id."),
        Output("subnet_ids", "list", "The private subnets' ids, one a zone."),
        Output("security_group_id", "string", "The security group that lets its members talk to each other."),
        Output("cidr", "string", "Its addresses.", echoes="cidr"),
        Output("id", "string", "The VPC's id."),
    ),
    children=(
        ChildType("network", facts.VPC, primary=True, given=("enable_dns_support", "enable_dns_hostnames")),
        ChildType("subnets", facts.SUBNET, given=("vpc_id", "map_public_ip_on_launch")),
        ChildType("firewall", facts.SECURITY_GROUP, given=("name", "description", "vpc_id", "ingress", "egress")),
        ChildType(
            "exit", facts.SUBNET, given=("vpc_id", "availability_zone", "map_public_ip_on_launch"), made_if=_goes_out
        ),
        ChildType("exit_routes", facts.ROUTE_TABLE, given=("vpc_id", "routes"), made_if=_goes_out),
        ChildType("exit_join", facts.ROUTE_TABLE_ASSOCIATION, given=("route_table_id", "subnet_id"), made_if=_goes_out),
        ChildType("gateway", facts.GATEWAY, given=("vpc_id",), made_if=_goes_out),
        ChildType("address", facts.ADDRESS, given=("domain",), made_if=_goes_out),
        ChildType("nat", facts.NAT_GATEWAY, given=("subnet_id", "allocation_id"), made_if=_goes_out),
        ChildType("routes", facts.ROUTE_TABLE, given=("vpc_id",)),
        ChildType("joins", facts.ROUTE_TABLE_ASSOCIATION, given=("route_table_id", "subnet_id")),
    ),
)
