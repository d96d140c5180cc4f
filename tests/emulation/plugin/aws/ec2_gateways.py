"""Owns the stand-ins for the ways out of a network: internet gateways, addresses and NAT gateways."""

from __future__ import annotations

import contextlib
from typing import Any

from botocore.exceptions import ClientError

from tests.emulation.plugin.aws import questions
from tests.emulation.plugin.aws.ec2_thing import Thing, describe, refuse_if
from tests.emulation.plugin.aws.rules import Rules
from tests.emulation.plugin.handling import Properties, State

GONE = {"deleted", "deleting", "failed"}


class InternetGateway(Thing):
    """A door to the internet, attached to one network at most."""

    sort = "internet-gateway"
    asked = ("describe_internet_gateways", "InternetGatewayIds", "InternetGateways")
    rules = Rules(known=frozenset({"vpcId", "tags"}))
    computed = ("arn", "ownerId", "tagsAll")

    def begin(self, client: Any, inputs: Properties, tagged: Properties) -> str:
        return str(client.create_internet_gateway(**tagged)["InternetGateway"]["InternetGatewayId"])

    def settle(self, client: Any, identity: str, inputs: Properties) -> None:
        found = describe(client, self.asked, identity) or {}
        attached, wanted = _network(found), inputs.get("vpcId")
        if attached and attached != wanted:
            self._detach(client, identity, attached)
        if wanted and attached != wanted:
            others = client.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [wanted]}])
            refuse_if(others["InternetGateways"], "Resource.AlreadyAssociated", f"{wanted} has a gateway already")
            client.attach_internet_gateway(InternetGatewayId=identity, VpcId=wanted)

    def shown(self, client: Any, found: dict[str, Any]) -> Properties:
        return {"vpcId": _network(found)}

    def end(self, client: Any, state: State) -> None:
        found = describe(client, self.asked, state.id) or {}
        if attached := _network(found):
            self._detach(client, state.id, attached)
        client.delete_internet_gateway(InternetGatewayId=state.id)

    def _detach(self, client: Any, identity: str, network: str) -> None:
        within = [{"Name": "vpc-id", "Values": [network]}]
        inside = {item["NetworkInterfaceId"] for item in _interfaces(client, within)}
        mapped = [item for item in client.describe_addresses()["Addresses"] if item.get("NetworkInterfaceId") in inside]
        refuse_if(mapped, "DependencyViolation", f"Network {network} has some mapped public address(es).")
        client.detach_internet_gateway(InternetGatewayId=identity, VpcId=network)


class Eip(Thing):
    """An address on the internet."""

    sort = "elastic-ip"
    asked = ("describe_addresses", "AllocationIds", "Addresses")
    rules = Rules(
        known=frozenset({"domain", "tags"}),
        replacing=("domain",),
        defaults={"domain": "vpc"},
        questions={"domain": questions.one_of("vpc")},
    )
    computed = ("arn", "tagsAll", "allocationId", "associationId", "publicIp", "privateIp", "networkInterface")

    def begin(self, client: Any, inputs: Properties, tagged: Properties) -> str:
        return str(client.allocate_address(Domain="vpc", **tagged)["AllocationId"])

    def shown(self, client: Any, found: dict[str, Any]) -> Properties:
        return {
            "domain": found["Domain"],
            "allocationId": found["AllocationId"],
            "associationId": found.get("AssociationId", ""),
            "networkInterface": found.get("NetworkInterfaceId", ""),
            "publicIp": found["PublicIp"],
            "privateIp": found.get("PrivateIpAddress", ""),
        }

    def end(self, client: Any, state: State) -> None:
        found = describe(client, self.asked, state.id) or {}
        refuse_if(found.get("AssociationId"), "InvalidIPAddress.InUse", f"Address {found.get('PublicIp')} is in use.")
        client.release_address(AllocationId=state.id)


class NatGateway(Thing):
    """The way from private subnets to the internet; it stands in a subnet and has an address."""

    sort = "natgateway"
    asked = ("describe_nat_gateways", "NatGatewayIds", "NatGateways")
    rules = Rules(
        known=frozenset({"subnetId", "allocationId", "connectivityType", "tags"}),
        required=("subnetId", "allocationId"),
        replacing=("subnetId", "allocationId", "connectivityType"),
        defaults={"connectivityType": "public"},
        questions={"connectivityType": questions.one_of("public")},
    )
    computed = ("tagsAll", "associationId", "networkInterfaceId", "privateIp", "publicIp")

    def begin(self, client: Any, inputs: Properties, tagged: Properties) -> str:
        address = client.describe_addresses(AllocationIds=[inputs["allocationId"]])["Addresses"][0]
        refuse_if(
            address.get("AssociationId"),
            "Resource.AlreadyAssociated",
            f"resource {inputs['allocationId']} is already associated",
        )
        subnet = client.describe_subnets(SubnetIds=[inputs["subnetId"]])["Subnets"][0]
        within = [{"Name": "attachment.vpc-id", "Values": [subnet["VpcId"]]}]
        attached = client.describe_internet_gateways(Filters=within)["InternetGateways"]
        refuse_if(not attached, "Gateway.NotAttached", f"Network {subnet['VpcId']} has no Internet gateway attached")
        made = client.create_nat_gateway(
            SubnetId=inputs["subnetId"],
            AllocationId=inputs["allocationId"],
            ConnectivityType=inputs["connectivityType"],
            **tagged,
        )
        return str(made["NatGateway"]["NatGatewayId"])

    def find(self, identity: str, region: str) -> Properties | None:
        found = describe(self.client(region), self.asked, identity)
        # What is deleted is told of for a while.
        return None if found is None or found["State"] in GONE else super().find(identity, region)

    def shown(self, client: Any, found: dict[str, Any]) -> Properties:
        (address,) = found["NatGatewayAddresses"]
        return {
            "subnetId": found["SubnetId"],
            "connectivityType": found.get("ConnectivityType", "public"),
            "allocationId": address["AllocationId"],
            "associationId": address.get("AssociationId"),
            "networkInterfaceId": address["NetworkInterfaceId"],
            "privateIp": address["PrivateIp"],
            "publicIp": address["PublicIp"],
        }

    def end(self, client: Any, state: State) -> None:
        found = describe(client, self.asked, state.id)
        client.delete_nat_gateway(NatGatewayId=state.id)
        # AWS gives the address back and takes its interface away; the emulator leaves both as they are.
        for address in (found or {}).get("NatGatewayAddresses", []):
            with contextlib.suppress(ClientError):
                held = client.describe_addresses(AllocationIds=[address["AllocationId"]])["Addresses"][0]
                client.disassociate_address(AssociationId=held["AssociationId"])
            client.delete_network_interface(NetworkInterfaceId=address["NetworkInterfaceId"])


def _network(found: dict[str, Any]) -> str | None:
    return next((item["VpcId"] for item in found.get("Attachments", [])), None)


def _interfaces(client: Any, within: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(client.describe_network_interfaces(Filters=within)["NetworkInterfaces"])
