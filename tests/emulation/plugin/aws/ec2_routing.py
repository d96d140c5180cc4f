"""Owns the stand-ins for the tables that say where packets go, and for which subnets they say it."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from tests.emulation.plugin.aws import questions
from tests.emulation.plugin.aws.ec2_thing import Thing, absent, describe, refuse_if
from tests.emulation.plugin.aws.resource import Resource
from tests.emulation.plugin.aws.rules import Part, Rules
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties, State

TARGETS = {"gatewayId": "GatewayId", "natGatewayId": "NatGatewayId"}
_CIDR = questions.network(0, 32)


def in_order(blocks: list[Properties]) -> list[Properties]:
    """The one order of a set."""
    return sorted(blocks, key=lambda block: json.dumps(block, sort_keys=True))


def _routes_problem(routes: list[Properties]) -> str | None:
    for route in routes:
        if sum(target in route for target in TARGETS) != 1:
            return f"a route has one target: {route}"
        if wrong := _CIDR(route["cidrBlock"]):
            return wrong
    places = [route["cidrBlock"] for route in routes]
    return "there are two routes to one place" if len(set(places)) < len(places) else None


class RouteTable(Thing):
    """A table of routes; it leads within its network without being told."""

    sort = "route-table"
    asked = ("describe_route_tables", "RouteTableIds", "RouteTables")
    rules = Rules(
        known=frozenset({"vpcId", "routes", "tags"}),
        required=("vpcId",),
        replacing=("vpcId",),
        questions={"routes": _routes_problem},
        parts={"routes": Part(frozenset({"cidrBlock", *TARGETS}), ("cidrBlock",))},
        spellings={"routes": in_order},
    )
    computed = ("arn", "ownerId", "tagsAll", "routes", "propagatingVgws")

    def begin(self, client: Any, inputs: Properties, tagged: Properties) -> str:
        return str(client.create_route_table(VpcId=inputs["vpcId"], **tagged)["RouteTable"]["RouteTableId"])

    def settle(self, client: Any, identity: str, inputs: Properties) -> None:
        if "routes" not in inputs:
            return
        found = {route["cidrBlock"]: route for route in self._routes(describe(client, self.asked, identity) or {})}
        wanted = {route["cidrBlock"]: route for route in inputs["routes"]}
        for place in found:
            if place not in wanted:
                client.delete_route(RouteTableId=identity, DestinationCidrBlock=place)
        for place, route in wanted.items():
            if found.get(place) != route:
                self._check_target(client, inputs["vpcId"], route)
                target = {spelled: route[name] for name, spelled in TARGETS.items() if name in route}
                call = client.replace_route if place in found else client.create_route
                call(RouteTableId=identity, DestinationCidrBlock=place, **target)

    def shown(self, client: Any, found: dict[str, Any]) -> Properties:
        return {"vpcId": found["VpcId"], "routes": self._routes(found), "propagatingVgws": []}

    def end(self, client: Any, state: State) -> None:
        client.delete_route_table(RouteTableId=state.id)

    def _routes(self, found: dict[str, Any]) -> list[Properties]:
        told = [
            {
                "cidrBlock": route["DestinationCidrBlock"],
                **{name: route[spelled] for name, spelled in TARGETS.items() if spelled in route},
            }
            for route in found.get("Routes", [])
            if route.get("GatewayId") != "local"
        ]
        return in_order(told)

    def _check_target(self, client: Any, network: str, route: Properties) -> None:
        """The emulator lets routes lead anywhere."""
        if "natGatewayId" in route:
            found = client.describe_nat_gateways(NatGatewayIds=[route["natGatewayId"]])["NatGateways"]
            fine = any(item["VpcId"] == network and item["State"] == "available" for item in found)
        else:
            attached = client.describe_internet_gateways(InternetGatewayIds=[route["gatewayId"]])["InternetGateways"]
            fine = any(item["VpcId"] == network for gateway in attached for item in gateway["Attachments"])
        refuse_if(
            not fine, "InvalidParameterValue", f"the route's target and the table are not of one network: {route}"
        )


class RouteTableAssociation(Resource):
    """That a subnet goes by a table."""

    service = "ec2"
    named_by = ""
    rules = Rules(
        known=frozenset({"routeTableId", "subnetId"}),
        required=("routeTableId", "subnetId"),
        replacing=("subnetId",),
    )

    def make(self, inputs: Properties) -> str:
        client = self.client(self.region(inputs))
        table, subnet = inputs["routeTableId"], inputs["subnetId"]
        within = [{"Name": "association.subnet-id", "Values": [subnet]}]
        # The emulator would say nothing, and leave the subnet where it was.
        taken = client.describe_route_tables(Filters=within)["RouteTables"]
        refuse_if(taken, "Resource.AlreadyAssociated", f"the specified association for {subnet} conflicts with another")
        networks = {
            client.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["VpcId"],
            client.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"],
        }
        refuse_if(len(networks) > 1, "InvalidParameterValue", f"{table} and {subnet} belong to different networks")
        return str(client.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"])

    def change(self, state: State, news: Properties) -> None:
        # The association would get another id, which an update cannot tell.
        raise RefusedError("the stand-in does not give an association another table")

    def find(self, identity: str, region: str) -> Properties | None:
        within = [{"Name": "association.route-table-association-id", "Values": [identity]}]
        found = self.client(region).describe_route_tables(Filters=within)["RouteTables"]
        joins = [item for table in found for item in table["Associations"]]
        return next(
            (
                {"routeTableId": item["RouteTableId"], "subnetId": item["SubnetId"]}
                for item in joins
                if item["RouteTableAssociationId"] == identity and "SubnetId" in item
            ),
            None,
        )

    def remove(self, state: State) -> None:
        try:
            self.client(self.region(state.outputs)).disassociate_route_table(AssociationId=state.id)
        except ClientError as error:
            if not absent(error):
                raise
