"""The network on AWS: private subnets, one way out, nobody gets in."""

from __future__ import annotations

from ipaddress import ip_network
from itertools import combinations

import pytest

from tests.programs.aws.region import made
from tests.programs.harness import Made


def private(network: Made) -> list[str]:
    return [thing.inputs["cidrBlock"] for thing in network.all("subnet:Subnet") if "-subnet-" in thing.name]


@pytest.mark.parametrize("zones", [2, 3])
def test_every_zone_has_a_private_subnet(zones: int) -> None:
    network = made("network", zones=zones)
    subnets = [thing.inputs for thing in network.all("subnet:Subnet") if "-subnet-" in thing.name]
    assert [item["availabilityZone"] for item in subnets] == [f"eu-west-1{letter}" for letter in "abc"[:zones]]
    assert not any(item["mapPublicIpOnLaunch"] for item in subnets)
    assert len(network.outputs["subnet_ids"]) == zones  # type: ignore[arg-type]
    assert network.outputs["vpc_id"] == "id-of-thing.1"


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "10.1.2.0/24", "192.168.64.0/20"])
@pytest.mark.parametrize("zones", [2, 3])
def test_no_two_subnets_share_addresses(cidr: str, zones: int) -> None:
    network = made("network", cidr=cidr, zones=zones)
    parts = [ip_network(thing.inputs["cidrBlock"]) for thing in network.all("subnet:Subnet")]
    assert len(parts) == zones + 1
    assert all(part.subnet_of(ip_network(cidr)) for part in parts)  # type: ignore[arg-type]
    assert not any(one.overlaps(other) for one, other in combinations(parts, 2))


def test_one_gateway_with_one_address_leads_out() -> None:
    network = made("network")
    routes = {thing.name: thing.inputs["routes"] for thing in network.all("routeTable:RouteTable")}
    assert routes["thing.1-routes"] == [{"cidrBlock": "0.0.0.0/0", "natGatewayId": "id-of-thing.1-nat"}]
    assert routes["thing.1-exit-routes"] == [{"cidrBlock": "0.0.0.0/0", "gatewayId": "id-of-thing.1-gateway"}]
    nat = network.one("natGateway:NatGateway")
    assert (nat["subnetId"], nat["allocationId"]) == ("id-of-thing.1-exit", "id-of-thing.1-address")
    joins = {thing.name: thing.inputs for thing in network.all("RouteTableAssociation")}
    assert joins["thing.1-exit-routes-1"]["subnetId"] == "id-of-thing.1-exit"
    assert {"thing.1-routes-1", "thing.1-routes-2", "thing.1-exit-routes-1"} == set(joins)


def test_without_a_way_out_the_private_subnets_stay_as_they_are() -> None:
    network = made("network", internet=False)
    assert private(network) == private(made("network"))
    assert network.one("routeTable:RouteTable")["routes"] == []
    assert not any(network.all(token) for token in ("InternetGateway", "NatGateway", "Eip"))


def test_only_members_reach_members() -> None:
    group = made("network").one("SecurityGroup")
    assert group["ingress"] == [{"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}]
    assert group["vpcId"] == "id-of-thing.1"


def test_more_zones_than_there_are_is_told() -> None:
    with pytest.raises(ValueError, match="zones is more than the 3 that the region has"):
        made("network", zones=4)
