"""Owns the stand-in for ``aws:rds/subnetGroup:SubnetGroup``: subnets of two zones at least, kept while one is in it."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tests.emulation.plugin.aws import questions, references, tagging
from tests.emulation.plugin.aws.account import code
from tests.emulation.plugin.aws.resource import Resource
from tests.emulation.plugin.aws.rules import Rules
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties, State

ABSENT = "DBSubnetGroupNotFoundFault"
ZONES = 2


class SubnetGroup(Resource):
    """The subnets that a server may be in."""

    service = "rds"
    named_by = "name"
    rules = Rules(
        known=frozenset({"name", "description", "subnetIds", "tags"}),
        required=("subnetIds",),
        replacing=("name",),
        defaults={"description": "Managed by Pulumi"},
        name_input="name",
        name_pattern=r"(?!default$)[0-9a-z_ .-]{1,255}",
        questions={"description": questions.matching(r".{1,255}")},
        spellings={"subnetIds": sorted},
    )
    computed = ("arn", "vpcId", "tagsAll", "supportedNetworkTypes")

    def make(self, inputs: Properties) -> str:
        # The emulator puts the new one in the place of one that is there.
        if self.find(inputs["name"], self.region(inputs)):
            raise RefusedError(f"DBSubnetGroupAlreadyExists: The DB subnet group '{inputs['name']}' already exists.")
        return super().make(inputs)

    def put(self, inputs: Properties) -> None:
        region = self.region(inputs)
        references.network_of(self.account, region, inputs["subnetIds"], (), ZONES)
        # The emulator loses a group that is changed; one that is made again keeps its name and its servers.
        self.client(region).create_db_subnet_group(
            DBSubnetGroupName=inputs["name"],
            DBSubnetGroupDescription=inputs["description"],
            SubnetIds=inputs["subnetIds"],
            Tags=tagging.pairs(inputs.get("tags")),
        )

    def find(self, identity: str, region: str) -> Properties | None:
        client = self.client(region)
        try:
            (found,) = client.describe_db_subnet_groups(DBSubnetGroupName=identity)["DBSubnetGroups"]
        except ClientError as error:
            if code(error) == ABSENT:
                return None
            raise
        arn = found["DBSubnetGroupArn"]
        return {
            "name": found["DBSubnetGroupName"],
            "arn": arn,
            "description": found["DBSubnetGroupDescription"],
            "vpcId": found["VpcId"],
            "subnetIds": sorted(subnet["SubnetIdentifier"] for subnet in found["Subnets"]),
            "supportedNetworkTypes": ["IPV4"],
            **tagging.outputs(tagging.mapped(client.list_tags_for_resource(ResourceName=arn)["TagList"])),
        }

    def remove(self, state: State) -> None:
        client = self.client(self.region(state.outputs))
        users = [server["DBInstanceIdentifier"] for server in _servers(client) if _group(server) == state.id]
        if users:
            raise RefusedError(f"InvalidDBSubnetGroupStateFault: the subnet group {state.id} is in use by {users}")
        try:
            client.delete_db_subnet_group(DBSubnetGroupName=state.id)
        except ClientError as error:
            if code(error) != ABSENT:
                raise


def _servers(client: Any) -> list[dict[str, Any]]:
    return list(client.describe_db_instances()["DBInstances"])


def _group(server: dict[str, Any]) -> str | None:
    name = server.get("DBSubnetGroup", {}).get("DBSubnetGroupName")
    return None if name is None else str(name)
