"""Owns the stand-in for ``aws:eks/nodeGroup:NodeGroup``: machines that fit their image, in the network of a cluster."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tests.emulation.plugin.aws import eks_cluster, notes, questions, references, tagging
from tests.emulation.plugin.aws.account import code
from tests.emulation.plugin.aws.resource import Resource
from tests.emulation.plugin.aws.rules import Part, Rules
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties, State

IMAGES = tuple(
    f"AL2023_{architecture}_{drivers}"
    for architecture, sorts in {"x86_64": ("STANDARD", "NVIDIA", "NEURON"), "ARM_64": ("STANDARD", "NVIDIA")}.items()
    for drivers in sorts
)
SPELLED = {
    "nodeRoleArn": "nodeRole",
    "subnetIds": "subnets",
    "instanceTypes": "instanceTypes",
    "amiType": "amiType",
    "capacityType": "capacityType",
    "diskSize": "diskSize",
    "scalingConfig": "scalingConfig",
}
RESERVED = ("kubernetes.io/", "k8s.io/", "eks.amazonaws.com/")


def _scaling_problem(given: Properties) -> str | None:
    least, wanted, most = (given[name] for name in ("minSize", "desiredSize", "maxSize"))
    fine = 0 <= least <= wanted <= most and most >= 1
    return None if fine else f"0 <= minSize <= desiredSize <= maxSize and maxSize >= 1, got {given}"


def _labels_problem(given: Properties) -> str | None:
    bad = [name for name in given if name.startswith(RESERVED) or len(name) > 63 or len(str(given[name])) > 63]
    return f"the labels {bad} are too long or AWS's own" if bad else None


class NodeGroup(Resource):
    """Machines of a cluster that EKS manages."""

    service = "eks"
    named_by = ""
    rules = Rules(
        known=frozenset(
            {
                "clusterName",
                "nodeGroupName",
                "nodeRoleArn",
                "subnetIds",
                "instanceTypes",
                "amiType",
                "capacityType",
                "diskSize",
                "scalingConfig",
                "labels",
                "version",
                "tags",
            }
        ),
        required=("clusterName", "nodeRoleArn", "scalingConfig", "subnetIds"),
        replacing=(
            "clusterName",
            "nodeGroupName",
            "nodeRoleArn",
            "subnetIds",
            "instanceTypes",
            "amiType",
            "capacityType",
            "diskSize",
        ),
        name_input="nodeGroupName",
        name_pattern=r"[0-9A-Za-z][0-9A-Za-z_-]{0,62}",
        questions={
            "amiType": questions.one_of(*IMAGES),
            "capacityType": questions.one_of("ON_DEMAND", "SPOT"),
            "diskSize": questions.between(1, 16_384),
            "labels": _labels_problem,
            "scalingConfig": _scaling_problem,
            "version": questions.one_of(*eks_cluster.VERSIONS),
        },
        parts={
            "scalingConfig": Part(
                frozenset({"minSize", "maxSize", "desiredSize"}), ("minSize", "maxSize", "desiredSize")
            )
        },
        spellings={"subnetIds": sorted, "labels": lambda given: given or {}},
    )
    computed = ("arn", "amiType", "capacityType", "diskSize", "resources", "status", "tagsAll", "version")

    def identity(self, inputs: Properties) -> str:
        return f"{inputs['clusterName']}:{inputs['nodeGroupName']}"

    def make(self, inputs: Properties) -> str:
        region = self.region(inputs)
        client = self.client(region)
        self._check_surroundings(client, inputs)
        client.create_nodegroup(
            clusterName=inputs["clusterName"],
            nodegroupName=inputs["nodeGroupName"],
            labels=inputs.get("labels", {}),
            **{spelled: inputs[name] for name, spelled in SPELLED.items() if name in inputs},
        )
        self._remember(client, inputs, inputs.get("version") or self._cluster(client, inputs)["version"])
        return self.identity(inputs)

    def change(self, state: State, news: Properties) -> None:
        client, before = self.client(self.region(news)), state.outputs
        old, new = before["version"], news.get("version", before["version"])
        if eks_cluster.minor(new) < eks_cluster.minor(old):
            raise RefusedError(f"InvalidParameterException: the version of nodes cannot go back from {old} to {new}")
        self._check_version(client, news)
        labels, had = news.get("labels", {}), before.get("labels", {})
        client.update_nodegroup_config(
            clusterName=news["clusterName"],
            nodegroupName=news["nodeGroupName"],
            labels={"addOrUpdateLabels": labels, "removeLabels": sorted(set(had) - set(labels))},
            scalingConfig=news["scalingConfig"],
        )
        self._remember(client, news, new)

    def find(self, identity: str, region: str) -> Properties | None:
        cluster, _, name = identity.partition(":")
        client = self.client(region)
        try:
            found = client.describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"]
        except ClientError as error:
            if code(error) == eks_cluster.ABSENT:
                return None
            raise
        remembered = self._remembered(client, cluster, name)
        groups = [{"name": group["name"]} for group in found["resources"]["autoScalingGroups"]]
        return {
            **{name: found[spelled] for name, spelled in SPELLED.items()},
            "subnetIds": sorted(found["subnets"]),
            "clusterName": found["clusterName"],
            "nodeGroupName": found["nodegroupName"],
            "arn": found["nodegroupArn"],
            "status": found["status"],
            "labels": found["labels"],
            "version": remembered.get("version", found["version"]),
            "resources": [{"autoscalingGroups": groups, "remoteAccessSecurityGroupId": ""}],
            **tagging.outputs(remembered.get("tags", found["tags"])),
        }

    def remove(self, state: State) -> None:
        cluster, _, name = state.id.partition(":")
        client = self.client(self.region(state.outputs))
        found = eks_cluster.described(client, cluster)
        try:
            client.delete_nodegroup(clusterName=cluster, nodegroupName=name)
        except ClientError as error:
            if code(error) != eks_cluster.ABSENT:
                raise
        if found:
            client.untag_resource(resourceArn=found["arn"], tagKeys=list(notes.written(**{_note(name): None})))

    def _cluster(self, client: Any, inputs: Properties) -> Properties:
        found = eks_cluster.Cluster(self.account).find(inputs["clusterName"], self.region(inputs))
        if found is None:
            raise RefusedError(f"ResourceNotFoundException: No cluster found for name: {inputs['clusterName']}.")
        return found

    def _check_surroundings(self, client: Any, inputs: Properties) -> None:
        region, cluster = self.region(inputs), self._check_version(client, inputs)
        references.check_role(self.account, inputs["nodeRoleArn"], "ec2.amazonaws.com")
        theirs = references.network_of(self.account, region, cluster["vpcConfig"]["subnetIds"], ())
        if references.network_of(self.account, region, inputs["subnetIds"], ()) != theirs:
            raise RefusedError("InvalidParameterException: the subnets are not in the network of the cluster")
        image = inputs.get("amiType", IMAGES[0])
        for name, machine in references.machine_types(self.account, region, inputs.get("instanceTypes", [])).items():
            if not _fits(machine, image):
                raise RefusedError(
                    f"InvalidParameterException: [{name}] is not a valid instance type for requested amiType {image}"
                )

    def _check_version(self, client: Any, inputs: Properties) -> Properties:
        cluster = self._cluster(client, inputs)
        if eks_cluster.minor(inputs.get("version", cluster["version"])) > eks_cluster.minor(cluster["version"]):
            raise RefusedError(
                f"InvalidParameterException: the cluster has version {cluster['version']}, nodes no later"
            )
        return cluster

    def _remember(self, client: Any, inputs: Properties, version: str) -> None:
        """What the emulator cannot be told after a creation is a note on the cluster."""
        facts = {_note(inputs["nodeGroupName"]): {"version": version, "tags": inputs.get("tags") or {}}}
        client.tag_resource(resourceArn=self._cluster(client, inputs)["arn"], tags=notes.written(**facts))

    def _remembered(self, client: Any, cluster: str, name: str) -> Properties:
        arn = client.describe_cluster(name=cluster)["cluster"]["arn"]
        kept = notes.read(client.list_tags_for_resource(resourceArn=arn)["tags"])
        return dict(kept.get(_note(name), {}))


def _note(name: str) -> str:
    return f"nodes/{name}"


def _fits(machine: dict[str, Any], image: str) -> bool:
    """Whether a machine's processor and accelerator are those that an image is for."""
    architecture = "arm64" if "ARM_64" in image else "x86_64"
    makers = {gpu.get("Manufacturer", "").upper() for gpu in machine.get("GpuInfo", {}).get("Gpus", [])}
    drivers = not image.endswith("NVIDIA") or "NVIDIA" in makers
    return architecture in machine["ProcessorInfo"]["SupportedArchitectures"] and drivers
