"""Owns the stand-ins for EC2's functions: zones, and the networks' parts that are there already."""

from __future__ import annotations

from typing import Any

from tests.emulation.plugin.aws import tagging
from tests.emulation.plugin.aws.account import Account
from tests.emulation.plugin.aws.functions import Function
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties


def _filters(arguments: Properties, **named: str) -> list[dict[str, Any]]:
    """The API's filters: those of ``arguments``, its tags, and its own arguments of other names."""
    given = [{"Name": item["name"], "Values": item["values"]} for item in arguments.get("filters", [])]
    own = [
        {"Name": name.replace("_", "-"), "Values": [arguments[argument]]}
        for name, argument in named.items()
        if argument in arguments
    ]
    tags = [{"Name": f"tag:{key}", "Values": [value]} for key, value in arguments.get("tags", {}).items()]
    return [*given, *own, *tags]


def _one(found: list[dict[str, Any]], what: str) -> dict[str, Any]:
    if len(found) != 1:
        count = len(found) or "no"
        raise RefusedError(f"{count} matching EC2 {what} found; a search has to find exactly one")
    return found[0]


def _zones(account: Account, region: str, arguments: Properties) -> Properties:
    answer = account.client("ec2", region).describe_availability_zones(Filters=_filters(arguments, state="state"))
    out = {*arguments.get("excludeNames", []), *arguments.get("excludeZoneIds", [])}
    zones = [zone for zone in answer["AvailabilityZones"] if not {zone["ZoneName"], zone["ZoneId"]} & out]
    ordered = sorted(zones, key=lambda zone: zone["ZoneName"])
    return {
        "id": region,
        "names": [zone["ZoneName"] for zone in ordered],
        "zoneIds": [zone["ZoneId"] for zone in ordered],
        "groupNames": [region],
    }


def _subnets(account: Account, region: str, arguments: Properties) -> Properties:
    found = account.client("ec2", region).describe_subnets(Filters=_filters(arguments))["Subnets"]
    return {"id": region, "ids": [subnet["SubnetId"] for subnet in found]}


def _subnet(account: Account, region: str, arguments: Properties) -> Properties:
    within = _filters(arguments, subnet_id="id", vpc_id="vpcId", cidr_block="cidrBlock")
    found = _one(account.client("ec2", region).describe_subnets(Filters=within)["Subnets"], "Subnet")
    return {
        "id": found["SubnetId"],
        "arn": found["SubnetArn"],
        "vpcId": found["VpcId"],
        "cidrBlock": found["CidrBlock"],
        "availabilityZone": found["AvailabilityZone"],
        "availabilityZoneId": found["AvailabilityZoneId"],
        "tags": tagging.mapped(found.get("Tags")),
    }


def _group(account: Account, region: str, arguments: Properties) -> Properties:
    within = _filters(arguments, group_id="id", group_name="name", vpc_id="vpcId")
    groups = account.client("ec2", region).describe_security_groups(Filters=within)["SecurityGroups"]
    found = _one(groups, "Security Group")
    return {
        "id": found["GroupId"],
        "arn": f"arn:aws:ec2:{region}:{found['OwnerId']}:security-group/{found['GroupId']}",
        "name": found["GroupName"],
        "description": found["Description"],
        "vpcId": found["VpcId"],
        "tags": tagging.mapped(found.get("Tags")),
    }


def _table(account: Account, region: str, arguments: Properties) -> Properties:
    within = _filters(
        arguments, **{"association.subnet_id": "subnetId", "route_table_id": "routeTableId", "vpc_id": "vpcId"}
    )
    found = _one(account.client("ec2", region).describe_route_tables(Filters=within)["RouteTables"], "Route Table")
    return {
        "id": found["RouteTableId"],
        "arn": f"arn:aws:ec2:{region}:{found['OwnerId']}:route-table/{found['RouteTableId']}",
        "routeTableId": found["RouteTableId"],
        "ownerId": found["OwnerId"],
        "vpcId": found["VpcId"],
        "tags": tagging.mapped(found.get("Tags")),
        "associations": [
            {
                "routeTableAssociationId": item["RouteTableAssociationId"],
                "routeTableId": item["RouteTableId"],
                "subnetId": item.get("SubnetId", ""),
                "gatewayId": "",
                "main": item["Main"],
            }
            for item in found["Associations"]
        ],
    }


ZONES = Function(_zones, frozenset({"filters", "state", "excludeNames", "excludeZoneIds"}))
SUBNETS = Function(_subnets, frozenset({"filters", "tags"}))
SUBNET = Function(_subnet, frozenset({"filters", "tags", "id", "vpcId", "cidrBlock"}))
SECURITY_GROUP = Function(_group, frozenset({"filters", "tags", "id", "name", "vpcId"}))
ROUTE_TABLE = Function(_table, frozenset({"filters", "tags", "subnetId", "routeTableId", "vpcId"}))
