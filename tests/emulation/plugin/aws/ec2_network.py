"""Owns the stand-ins for networks in EC2 and their subnets: addresses that do not meet, nothing deleted that holds."""

from __future__ import annotations

from typing import Any

from tests.emulation.plugin.aws import questions
from tests.emulation.plugin.aws.ec2_thing import Thing, refuse_if
from tests.emulation.plugin.aws.rules import Rules
from tests.emulation.plugin.handling import Properties, State

SWITCHES = {"enableDnsSupport": "EnableDnsSupport", "enableDnsHostnames": "EnableDnsHostnames"}


class Vpc(Thing):
    """A network with addresses of IPv4 that are its own."""

    sort = "vpc"
    asked = ("describe_vpcs", "VpcIds", "Vpcs")
    rules = Rules(
        known=frozenset({"cidrBlock", "enableDnsSupport", "enableDnsHostnames", "instanceTenancy", "tags"}),
        required=("cidrBlock",),
        replacing=("cidrBlock", "instanceTenancy"),
        defaults={"enableDnsSupport": True, "instanceTenancy": "default"},
        questions={
            "cidrBlock": questions.network(16, 28),
            "instanceTenancy": questions.one_of("default", "dedicated"),
        },
    )
    computed = (
        "arn",
        "ownerId",
        "tagsAll",
        "defaultNetworkAclId",
        "defaultRouteTableId",
        "defaultSecurityGroupId",
        "mainRouteTableId",
        "dhcpOptionsId",
        "enableDnsHostnames",
    )

    def begin(self, client: Any, inputs: Properties, tagged: Properties) -> str:
        asked = {"CidrBlock": inputs["cidrBlock"], "InstanceTenancy": inputs["instanceTenancy"]}
        return str(client.create_vpc(**asked, **tagged)["Vpc"]["VpcId"])

    def settle(self, client: Any, identity: str, inputs: Properties) -> None:
        for name, spelled in SWITCHES.items():
            # One at a time, as the API wants it; hostnames need names to be resolved at all.
            client.modify_vpc_attribute(VpcId=identity, **{spelled: {"Value": bool(inputs.get(name))}})

    def shown(self, client: Any, found: dict[str, Any]) -> Properties:
        identity = found["VpcId"]
        mine = [{"Name": "vpc-id", "Values": [identity]}]
        tables = client.describe_route_tables(Filters=[*mine, {"Name": "association.main", "Values": ["true"]}])
        groups = client.describe_security_groups(Filters=[*mine, {"Name": "group-name", "Values": ["default"]}])
        walls = client.describe_network_acls(Filters=[*mine, {"Name": "default", "Values": ["true"]}])
        main = tables["RouteTables"][0]["RouteTableId"]
        return {
            "cidrBlock": found["CidrBlock"],
            "instanceTenancy": found["InstanceTenancy"],
            "dhcpOptionsId": found.get("DhcpOptionsId"),
            "mainRouteTableId": main,
            "defaultRouteTableId": main,
            "defaultSecurityGroupId": groups["SecurityGroups"][0]["GroupId"],
            "defaultNetworkAclId": walls["NetworkAcls"][0]["NetworkAclId"],
            **{name: self._switch(client, identity, name, spelled) for name, spelled in SWITCHES.items()},
        }

    def end(self, client: Any, state: State) -> None:
        within, attached = ([{"Name": name, "Values": [state.id]}] for name in ("vpc-id", "attachment.vpc-id"))
        groups = client.describe_security_groups(Filters=within)["SecurityGroups"]
        held = [
            *client.describe_subnets(Filters=within)["Subnets"],
            *client.describe_internet_gateways(Filters=attached)["InternetGateways"],
            *(group for group in groups if group["GroupName"] != "default"),
        ]
        refuse_if(held, "DependencyViolation", f"The vpc '{state.id}' has dependencies and cannot be deleted.")
        client.delete_vpc(VpcId=state.id)

    def _switch(self, client: Any, identity: str, name: str, spelled: str) -> bool:
        answer = client.describe_vpc_attribute(VpcId=identity, Attribute=name)
        return bool(answer[spelled]["Value"])


class Subnet(Thing):
    """Some of the addresses of a network, in one zone."""

    sort = "subnet"
    asked = ("describe_subnets", "SubnetIds", "Subnets")
    rules = Rules(
        known=frozenset({"vpcId", "cidrBlock", "availabilityZone", "mapPublicIpOnLaunch", "tags"}),
        required=("vpcId", "cidrBlock"),
        replacing=("vpcId", "cidrBlock", "availabilityZone"),
        defaults={"mapPublicIpOnLaunch": False},
        questions={"cidrBlock": questions.network(16, 28)},
    )
    computed = ("arn", "ownerId", "tagsAll", "availabilityZone", "availabilityZoneId", "assignIpv6AddressOnCreation")

    def begin(self, client: Any, inputs: Properties, tagged: Properties) -> str:
        zones = {zone["ZoneName"] for zone in client.describe_availability_zones()["AvailabilityZones"]}
        zone = inputs.get("availabilityZone") or min(zones)
        # The emulator takes the zones of every region.
        refuse_if(zone not in zones, "InvalidParameterValue", f"Value ({zone}) for availabilityZone is invalid.")
        asked = {"VpcId": inputs["vpcId"], "CidrBlock": inputs["cidrBlock"], "AvailabilityZone": zone}
        return str(client.create_subnet(**asked, **tagged)["Subnet"]["SubnetId"])

    def settle(self, client: Any, identity: str, inputs: Properties) -> None:
        client.modify_subnet_attribute(
            SubnetId=identity, MapPublicIpOnLaunch={"Value": bool(inputs.get("mapPublicIpOnLaunch"))}
        )

    def shown(self, client: Any, found: dict[str, Any]) -> Properties:
        return {
            "vpcId": found["VpcId"],
            "cidrBlock": found["CidrBlock"],
            "availabilityZone": found["AvailabilityZone"],
            "availabilityZoneId": found["AvailabilityZoneId"],
            "mapPublicIpOnLaunch": found["MapPublicIpOnLaunch"],
            "assignIpv6AddressOnCreation": False,
        }

    def end(self, client: Any, state: State) -> None:
        within = [{"Name": "subnet-id", "Values": [state.id]}]
        held = client.describe_network_interfaces(Filters=within)["NetworkInterfaces"]
        refuse_if(held, "DependencyViolation", f"The subnet '{state.id}' has dependencies and cannot be deleted.")
        client.delete_subnet(SubnetId=state.id)
