"""Owns the stand-in for ``aws:batch/computeEnvironment:ComputeEnvironment``: machines that no queue holds on to."""

from __future__ import annotations

import dataclasses
from typing import Any

from botocore.exceptions import ClientError

from tests.emulation.plugin import diffing
from tests.emulation.plugin.aws import questions, references, rules, tagging
from tests.emulation.plugin.aws.account import code
from tests.emulation.plugin.aws.resource import Resource
from tests.emulation.plugin.aws.rules import Part, Rules
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties, State

NAME = r"[0-9A-Za-z][0-9A-Za-z_-]{0,127}"
STATES = ("ENABLED", "DISABLED")
SPOT_STRATEGIES = {"SPOT_CAPACITY_OPTIMIZED", "SPOT_PRICE_CAPACITY_OPTIMIZED"}
PROGRESSIVE = {"BEST_FIT_PROGRESSIVE", *SPOT_STRATEGIES}
IMAGES = {"ECS_AL2", "ECS_AL2_NVIDIA", "ECS_AL2023", "ECS_AL2023_NVIDIA"}
SPELLED = {"minVcpus": "minvCpus", "maxVcpus": "maxvCpus", "ec2Configurations": "ec2Configuration"}
SPELLED_BACK = {api: own for own, api in SPELLED.items()}
OF_MACHINES = (
    "allocationStrategy",
    "ec2Configurations",
    "instanceRole",
    "instanceTypes",
    "securityGroupIds",
    "subnets",
    "tags",
)
"""What is changed in place only where Batch itself manages the machines, by a strategy that lets it."""


def _resources(given: Properties) -> Properties:
    """``computeResources`` with its sets in order."""
    sets = {name: sorted(given[name]) for name in ("instanceTypes", "securityGroupIds", "subnets") if name in given}
    return {"minVcpus": 0, **{name: item for name, item in given.items() if name != "tags" or item}, **sets}


def _resources_problem(given: Properties) -> str | None:
    least, most = given.get("minVcpus", 0), given["maxVcpus"]
    strategy, spot = given.get("allocationStrategy", "BEST_FIT"), given["type"] == "SPOT"
    if given["type"] not in {"EC2", "SPOT"}:
        return f"the stand-in has machines of the types EC2 and SPOT, not {given['type']!r}"
    if not 0 <= least <= most:
        return f"maxVcpus has to be at least minVcpus, and that 0: {least}, {most}"
    if strategy not in {"BEST_FIT", *PROGRESSIVE} or (strategy in SPOT_STRATEGIES and not spot):
        return f"the allocation strategy {strategy} does not go with {given['type']}"
    if strategy == "BEST_FIT" and spot:
        return "Spot Fleet role is required for Spot machines with the allocation strategy BEST_FIT"
    if not given["subnets"] or not given["securityGroupIds"] or not given["instanceTypes"]:
        return "subnets, security groups and machine types are needed"
    images = [item.get("imageType") for item in given.get("ec2Configurations", [])]
    if len(images) > 2 or not set(images) <= IMAGES:
        return f"ec2Configurations: up to two of {sorted(IMAGES)}, got {images}"
    return tagging.problem(given.get("tags", {}))


class ComputeEnvironment(Resource):
    """Machines of EC2 that Batch starts and ends."""

    service = "batch"
    named_by = "name"
    rules = Rules(
        known=frozenset({"name", "type", "state", "serviceRole", "computeResources", "tags"}),
        required=("type", "computeResources"),
        replacing=("name", "type", "computeResources.type"),
        defaults={"state": "ENABLED"},
        name_input="name",
        name_pattern=NAME,
        questions={
            "type": questions.one_of("MANAGED"),
            "state": questions.one_of(*STATES),
            "computeResources": _resources_problem,
        },
        parts={
            "computeResources": Part(
                frozenset({"type", "minVcpus", "maxVcpus", *OF_MACHINES}),
                ("type", "maxVcpus", "subnets", "securityGroupIds", "instanceTypes", "instanceRole"),
            )
        },
        spellings={"computeResources": _resources},
    )
    computed = ("arn", "ecsClusterArn", "serviceRole", "status", "statusReason", "tagsAll")

    def diff(self, state: State, news: Properties, ignored: tuple[str, ...]) -> diffing.Difference:
        fixed = () if _is_updatable(state) else tuple(f"computeResources.{name}" for name in OF_MACHINES)
        stricter = dataclasses.replace(self.rules, replacing=(*self.rules.replacing, *fixed))
        return rules.diff(stricter, state, news, ignored)

    def make(self, inputs: Properties) -> str:
        if self.find(inputs["name"], self.region(inputs)):
            raise RefusedError(f"ClientException: Object already exists: {inputs['name']}")
        return super().make(inputs)

    def put(self, inputs: Properties) -> None:
        region, machines = self.region(inputs), inputs["computeResources"]
        self._check_surroundings(region, machines)
        role = inputs.get("serviceRole") or self._own_role()
        references.check_role(self.account, role, "batch.amazonaws.com")
        self.client(region).create_compute_environment(
            computeEnvironmentName=inputs["name"],
            type=inputs["type"],
            state=inputs["state"],
            serviceRole=role,
            computeResources={SPELLED.get(name, name): item for name, item in _resources(machines).items()},
            tags=inputs.get("tags") or {},
        )

    def change(self, state: State, news: Properties) -> None:
        # The emulator changes nothing but the state. One that is made again has the same name and ARN.
        self._check_surroundings(self.region(news), news["computeResources"])
        self._forget(state)
        self.put(news)

    def find(self, identity: str, region: str) -> Properties | None:
        found = described(self.client(region), identity)
        if found is None:
            return None
        machines = {SPELLED_BACK.get(name, name): item for name, item in found["computeResources"].items()}
        return {
            "name": found["computeEnvironmentName"],
            "arn": found["computeEnvironmentArn"],
            "type": found["type"],
            "state": found["state"],
            "status": found["status"],
            "statusReason": found.get("statusReason", ""),
            "serviceRole": found["serviceRole"],
            "ecsClusterArn": found["ecsClusterArn"],
            "computeResources": _resources(machines),
            **tagging.outputs(found.get("tags", {})),
        }

    def remove(self, state: State) -> None:
        client = self.client(self.region(state.outputs))
        found = described(client, state.id)
        if found is None:
            return
        # As the official plugin does it: off first, and then away.
        client.update_compute_environment(computeEnvironment=state.id, state="DISABLED")
        names = {found["computeEnvironmentName"], found["computeEnvironmentArn"]}
        holding = [
            queue["jobQueueName"]
            for queue in client.describe_job_queues()["jobQueues"]
            if names & {order["computeEnvironment"] for order in queue["computeEnvironmentOrder"]}
        ]
        if holding:
            raise RefusedError(f"ClientException: Cannot delete, found existing JobQueue relationship: {holding}")
        self._forget(state)

    def _forget(self, state: State) -> None:
        client, arn = self.client(self.region(state.outputs)), state.outputs["arn"]
        forget_tags(client, arn)
        client.delete_compute_environment(computeEnvironment=state.id)

    def _check_surroundings(self, region: str, machines: Properties) -> None:
        references.network_of(self.account, region, machines["subnets"], machines["securityGroupIds"])
        references.machine_types(self.account, region, machines["instanceTypes"])
        profile = str(machines["instanceRole"]).rpartition("/")[2]
        iam = self.account.client("iam", self.account.region)
        if not iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]:
            raise RefusedError(f"ClientException: the instance profile {profile} has no role")

    def _own_role(self) -> str:
        """The role that Batch makes for itself where none is named, and which stays."""
        iam = self.account.client("iam", self.account.region)
        try:
            return str(iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com")["Role"]["Arn"])
        except ClientError as error:
            if code(error) != "EntityAlreadyExists":
                raise
        roles = iam.list_roles(PathPrefix="/aws-service-role/batch.amazonaws.com/")["Roles"]
        return str(roles[0]["Arn"])


def described(client: Any, name: str) -> dict[str, Any] | None:
    """What Batch says of the environment with this name or ARN; none when there is none."""
    # The emulator tells of all of them when it is asked for none.
    found = client.describe_compute_environments(computeEnvironments=[name])["computeEnvironments"]
    return next((dict(item) for item in found), None)


def forget_tags(client: Any, arn: str) -> None:
    """Take the tags off what is about to go: the emulator keeps them for the next thing of the same name."""
    if tags := client.list_tags_for_resource(resourceArn=arn)["tags"]:
        client.untag_resource(resourceArn=arn, tagKeys=list(tags))


def _is_updatable(state: State) -> bool:
    role = state.inputs.get("serviceRole", "")
    strategy = state.outputs.get("computeResources", {}).get("allocationStrategy")
    return strategy in PROGRESSIVE and (not role or "/aws-service-role/batch" in role)
