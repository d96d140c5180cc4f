"""Clusters, node groups and batch queues of the AWS stand-in: as strict as AWS, stricter than its emulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws
import pytest

from tests.emulation import surroundings
from tests.emulation.aws_emulator import AwsEmulator
from tests.emulation.bed import Bed
from tests.emulation.direct import Direct
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import State
from tests.emulation.surroundings import Network

pytestmark = pytest.mark.engine
CLUSTER, NODES = "aws:eks/cluster:Cluster", "aws:eks/nodeGroup:NodeGroup"
MACHINES, QUEUE = "aws:batch/computeEnvironment:ComputeEnvironment", "aws:batch/jobQueue:JobQueue"
KEY = "aws:kms/key:Key"
ROLE = "arn:aws:iam::123456789012:role/nobody"
SCALING = {"minSize": 0, "maxSize": 2, "desiredSize": 0}


@pytest.fixture
def network(direct: Direct) -> Network:
    return surroundings.network(direct)


@pytest.fixture
def cluster(direct: Direct, network: Network, unique: str) -> State:
    role = surroundings.role(direct, f"{unique}-cluster", "eks.amazonaws.com")
    return direct.make(
        CLUSTER,
        name=unique,
        roleArn=role.outputs["arn"],
        version="1.32",
        vpcConfig={"subnetIds": network.subnets, "endpointPrivateAccess": True, "endpointPublicAccess": False},
        accessConfig={"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True},
        enabledClusterLogTypes=["audit", "api"],
        tags={"team": "ml"},
    )


class TestClusters:
    def test_one_reads_as_it_was_made(self, direct: Direct, cluster: State, network: Network, unique: str) -> None:
        outputs = cluster.outputs
        assert (cluster.id, outputs["status"], outputs["version"]) == (unique, "ACTIVE", "1.32")
        assert outputs["accessConfig"]["authenticationMode"] == "API"
        assert outputs["enabledClusterLogTypes"] == ["api", "audit"]
        assert outputs["tags"] == {"team": "ml"}
        assert outputs["identities"][0]["oidcs"][0]["issuer"].startswith("https://oidc.eks.eu-west-1.amazonaws.com/id/")
        read = direct.read(cluster)
        assert read is not None
        assert read.outputs == outputs
        assert direct.differs(cluster, enabledClusterLogTypes=["api", "audit"]) == {}

    def test_two_clusters_have_two_issuers(self, direct: Direct, cluster: State, unique: str) -> None:
        same = {name: cluster.inputs[name] for name in ("roleArn", "vpcConfig")}
        other = direct.make(CLUSTER, name=f"{unique}-other", **same)
        assert other.outputs["identities"] != cluster.outputs["identities"]
        with pytest.raises(RefusedError, match="already exists"):
            direct.make(CLUSTER, name=unique, **same)

    def test_its_settings_are_changed_in_place(self, direct: Direct, cluster: State, network: Network) -> None:
        key = direct.make(KEY)
        encrypted = {"provider": {"keyArn": key.outputs["arn"]}, "resources": ["secrets"]}
        reached = {**cluster.inputs["vpcConfig"], "endpointPublicAccess": True, "securityGroupIds": [network.group]}
        changed = direct.change(
            cluster,
            version="1.33",
            vpcConfig=reached,
            encryptionConfig=encrypted,
            enabledClusterLogTypes=["scheduler"],
            tags={"owner": "ada"},
        )
        outputs = changed.outputs
        assert (outputs["version"], outputs["enabledClusterLogTypes"]) == ("1.33", ["scheduler"])
        assert outputs["vpcConfig"]["endpointPublicAccess"]
        assert outputs["vpcConfig"]["securityGroupIds"] == [network.group]
        assert (outputs["encryptionConfig"], outputs["tags"]) == (encrypted, {"owner": "ada"})
        with pytest.raises(RefusedError, match="cannot be changed"):
            other = {"provider": {"keyArn": direct.make(KEY).outputs["arn"]}, "resources": ["secrets"]}
            direct.change(changed, encryptionConfig=other)
        handler = direct.provider.handler(CLUSTER)
        assert handler is not None
        news = {name: value for name, value in changed.inputs.items() if name != "encryptionConfig"}
        difference = handler.diff(changed, news, ())
        assert (difference.replaces, difference.delete_before_replace) == (("encryptionConfig",), True)

    def test_what_it_is_of_replaces_it(self, direct: Direct, cluster: State) -> None:
        other = {
            "name": "other",
            "roleArn": ROLE,
            "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
        }
        assert direct.differs(cluster, **other) == dict.fromkeys(other, True)

    def test_what_eks_refuses_to_change_is_refused(self, direct: Direct, cluster: State) -> None:
        refused: list[tuple[str, dict[str, Any]]] = [
            ("cannot go back", {"version": "1.31"}),
            ("one at a time", {"version": "1.34"}),
            ("authentication mode", {"accessConfig": {"authenticationMode": "CONFIG_MAP"}}),
        ]
        for complaint, news in refused:
            with pytest.raises(RefusedError, match=complaint):
                direct.change(cluster, **news)

    def test_a_protected_one_stays(self, direct: Direct, cluster: State) -> None:
        protected = direct.change(cluster, deletionProtection=True)
        with pytest.raises(RefusedError, match="deletion protection"):
            direct.delete(protected)
        direct.change(protected, deletionProtection=False)

    def test_what_is_around_it_has_to_be_there_and_to_fit(self, direct: Direct, network: Network, unique: str) -> None:
        role = surroundings.role(direct, f"{unique}-nodes", "ec2.amazonaws.com").outputs["arn"]
        networking = {"subnetIds": network.subnets}
        with pytest.raises(RefusedError, match="none is there"):
            direct.make(CLUSTER, name=unique, roleArn=ROLE, vpcConfig=networking)
        with pytest.raises(RefusedError, match=r"by eks\.amazonaws\.com"):
            direct.make(CLUSTER, name=unique, roleArn=role, vpcConfig=networking)
        trusted = surroundings.role(direct, f"{unique}-cluster", "eks.amazonaws.com").outputs["arn"]
        with pytest.raises(RefusedError, match="2 zones"):
            direct.make(CLUSTER, name=unique, roleArn=trusted, vpcConfig={"subnetIds": network.subnets[:1]})
        other = surroundings.network(direct, "10.1.0.0/16")
        with pytest.raises(RefusedError, match="different networks"):
            direct.make(
                CLUSTER, name=unique, roleArn=trusted, vpcConfig={**networking, "securityGroupIds": [other.group]}
            )

    @pytest.mark.parametrize(
        "wrong",
        [
            {"name": "-a"},
            {"version": "1.19"},
            {"vpcConfig": {}},
            {"vpcConfig": {"subnetIds": ["a"], "endpointPublicAccess": False}},
            {"vpcConfig": {"subnetIds": ["a"], "zones": 2}},
            {"accessConfig": {"authenticationMode": "NONE"}},
            {"enabledClusterLogTypes": ["everything"]},
            {"kubernetesNetworkConfig": {"serviceIpv4Cidr": "8.8.0.0/16"}},
            {"kubernetesNetworkConfig": {"serviceIpv4Cidr": "10.0.0.0/8"}},
            {"encryptionConfig": {"provider": {"keyArn": "a"}, "resources": ["everything"]}},
            {"encryptionConfig": {"resources": ["secrets"]}},
            {"upgradePolicy": {}},
        ],
    )
    def test_wrong_inputs_fail_the_check(self, direct: Direct, wrong: Mapping[str, Any]) -> None:
        with pytest.raises(RefusedError, match=next(iter(wrong))):
            direct.checked(CLUSTER, {"name": "fine", "roleArn": ROLE, "vpcConfig": {"subnetIds": ["a"]}, **wrong})


@pytest.fixture
def nodes(direct: Direct, cluster: State, network: Network, unique: str) -> State:
    role = surroundings.role(direct, f"{unique}-nodes", "ec2.amazonaws.com")
    return direct.make(
        NODES,
        clusterName=cluster.id,
        nodeGroupName="workers",
        nodeRoleArn=role.outputs["arn"],
        subnetIds=network.subnets,
        instanceTypes=["m5.large"],
        amiType="AL2023_x86_64_STANDARD",
        capacityType="ON_DEMAND",
        diskSize=50,
        scalingConfig=SCALING,
        labels={"pool": "cpu", "old": "yes"},
        tags={"team": "ml"},
    )


class TestNodeGroups:
    def test_one_reads_as_it_was_made(self, direct: Direct, nodes: State, unique: str) -> None:
        assert nodes.id == f"{unique}:workers"
        assert (nodes.outputs["status"], nodes.outputs["version"]) == ("ACTIVE", "1.32")
        read = direct.read(nodes)
        assert read is not None
        assert read.outputs == nodes.outputs
        assert direct.differs(nodes) == {}

    def test_its_size_labels_version_and_tags_are_changed_in_place(
        self, direct: Direct, nodes: State, cluster: State
    ) -> None:
        with pytest.raises(RefusedError, match="nodes no later"):
            direct.change(nodes, version="1.33")
        upgraded = direct.change(cluster, version="1.33")
        larger = {**SCALING, "maxSize": 5}
        changed = direct.change(
            nodes, scalingConfig=larger, labels={"pool": "other"}, version="1.33", tags={"owner": "ada"}
        )
        outputs = changed.outputs
        assert (outputs["scalingConfig"], outputs["labels"]) == (larger, {"pool": "other"})
        assert (outputs["version"], outputs["tags"]) == ("1.33", {"owner": "ada"})
        with pytest.raises(RefusedError, match="cannot go back"):
            direct.change(changed, version="1.32")
        read = direct.read(upgraded)
        assert read is not None
        assert read.outputs["tags"] == {"team": "ml"}

    def test_other_machines_are_another_group_and_the_old_one_goes_first(self, direct: Direct, nodes: State) -> None:
        other = {
            "instanceTypes": ["m5.xlarge"],
            "amiType": "AL2023_ARM_64_STANDARD",
            "capacityType": "SPOT",
            "diskSize": 100,
            "subnetIds": ["other"],
            "nodeRoleArn": ROLE,
            "clusterName": "other",
        }
        assert direct.differs(nodes, **other) == dict.fromkeys(other, True)
        handler = direct.provider.handler(NODES)
        assert handler is not None
        assert handler.diff(nodes, {**nodes.inputs, "diskSize": 100}, ()).delete_before_replace

    def test_a_cluster_with_nodes_stays(self, direct: Direct, nodes: State, cluster: State) -> None:
        with pytest.raises(RefusedError, match="Cluster has nodegroups attached"):
            direct.delete(cluster)
        direct.delete(nodes)
        assert direct.provider.handler(NODES).read(nodes) is None  # type: ignore[union-attr]

    def test_what_is_around_it_has_to_be_there_and_to_fit(self, direct: Direct, nodes: State, network: Network) -> None:
        wanted = {**nodes.inputs, "nodeGroupName": "others"}
        other = surroundings.network(direct, "10.1.0.0/16")
        refused: list[tuple[str, dict[str, Any]]] = [
            ("No cluster found", {"clusterName": "nothing"}),
            ("none is there", {"nodeRoleArn": ROLE}),
            ("not in the network of the cluster", {"subnetIds": other.subnets}),
            ("no such machine types", {"instanceTypes": ["m5.gigantic"]}),
            ("not a valid instance type", {"instanceTypes": ["m6g.large"]}),
            ("not a valid instance type", {"amiType": "AL2023_x86_64_NVIDIA"}),
            ("already exists", {"nodeGroupName": "workers"}),
        ]
        for complaint, news in refused:
            with pytest.raises(RefusedError, match=complaint):
                direct.make(NODES, **{**{k: v for k, v in wanted.items() if k != "__defaults"}, **news})
        gpus = {"instanceTypes": ["g4dn.xlarge"], "amiType": "AL2023_x86_64_NVIDIA"}
        direct.make(NODES, **{**{k: v for k, v in wanted.items() if k != "__defaults"}, **gpus})

    @pytest.mark.parametrize(
        "wrong",
        [
            {"nodeGroupName": "_a"},
            {"amiType": "AL2_x86_64"},
            {"capacityType": "CHEAP"},
            {"diskSize": 0},
            {"scalingConfig": {"minSize": 2, "maxSize": 1, "desiredSize": 1}},
            {"scalingConfig": {"minSize": 0, "maxSize": 0, "desiredSize": 0}},
            {"scalingConfig": {"minSize": 0, "maxSize": 1}},
            {"labels": {"kubernetes.io/role": "a"}},
            {"taints": []},
        ],
    )
    def test_wrong_inputs_fail_the_check(self, direct: Direct, wrong: Mapping[str, Any]) -> None:
        fine = {"clusterName": "a", "nodeRoleArn": ROLE, "subnetIds": ["a"], "scalingConfig": SCALING}
        with pytest.raises(RefusedError, match=next(iter(wrong))):
            direct.checked(NODES, {**fine, **wrong})


@pytest.fixture
def resources(direct: Direct, network: Network, unique: str) -> dict[str, Any]:
    role = surroundings.role(direct, f"{unique}-machines", "ec2.amazonaws.com")
    profile = direct.make("aws:iam/instanceProfile:InstanceProfile", name=f"{unique}-machines", role=role.id)
    return {
        "type": "EC2",
        "allocationStrategy": "BEST_FIT_PROGRESSIVE",
        "instanceTypes": ["m5.xlarge"],
        "ec2Configurations": [{"imageType": "ECS_AL2023"}],
        "minVcpus": 0,
        "maxVcpus": 16,
        "instanceRole": profile.outputs["arn"],
        "subnets": network.subnets,
        "securityGroupIds": [network.group],
        "tags": {"team": "ml"},
    }


@pytest.fixture
def machines(direct: Direct, resources: dict[str, Any], unique: str) -> State:
    return direct.make(MACHINES, name=unique, type="MANAGED", computeResources=resources, tags={"team": "ml"})


class TestMachines:
    def test_one_reads_as_it_was_made(self, direct: Direct, machines: State, unique: str) -> None:
        assert (machines.id, machines.outputs["state"], machines.outputs["status"]) == (unique, "ENABLED", "VALID")
        assert "/aws-service-role/batch.amazonaws.com/" in machines.outputs["serviceRole"]
        read = direct.read(machines)
        assert read is not None
        assert read.outputs == machines.outputs
        assert direct.differs(machines) == {}

    def test_its_machines_are_changed_in_place(
        self, direct: Direct, machines: State, resources: dict[str, Any], aws: AwsEmulator
    ) -> None:
        other = {**resources, "instanceTypes": ["m5.large"], "maxVcpus": 8}
        assert direct.differs(machines, computeResources=other) == {"computeResources": False}
        changed = direct.change(machines, computeResources=other, tags={"owner": "ada"})
        assert changed.outputs["arn"] == machines.outputs["arn"]
        found = aws.client("batch").describe_compute_environments(computeEnvironments=[machines.id])
        (there,) = found["computeEnvironments"]
        assert (there["computeResources"]["instanceTypes"], there["computeResources"]["maxvCpus"]) == (["m5.large"], 8)
        assert there["tags"] == {"owner": "ada"}

    def test_a_strategy_that_batch_does_not_update_makes_others_of_them(
        self, direct: Direct, resources: dict[str, Any], unique: str
    ) -> None:
        fixed = {**resources, "allocationStrategy": "BEST_FIT"}
        made = direct.make(MACHINES, name=unique, type="MANAGED", computeResources=fixed)
        assert direct.differs(made, computeResources={**fixed, "instanceTypes": ["m5.large"]}) == {
            "computeResources": True
        }
        assert direct.differs(made, computeResources={**fixed, "maxVcpus": 8}) == {"computeResources": False}
        assert direct.differs(made, name="other", type="UNMANAGED") == {"name": True, "type": True}

    def test_one_that_a_queue_holds_on_to_stays(self, direct: Direct, machines: State, unique: str) -> None:
        order = [{"order": 1, "computeEnvironment": machines.outputs["arn"]}]
        queue = direct.make(QUEUE, name=unique, priority=1, state="ENABLED", computeEnvironmentOrders=order)
        with pytest.raises(RefusedError, match="found existing JobQueue relationship"):
            direct.delete(machines)
        direct.delete(queue)
        direct.delete(machines)
        again = direct.make(MACHINES, name=unique, type="MANAGED", computeResources=machines.inputs["computeResources"])
        assert again.outputs["tags"] == {}

    def test_what_is_around_it_has_to_be_there_and_to_fit(
        self, direct: Direct, resources: dict[str, Any], unique: str
    ) -> None:
        other = surroundings.network(direct, "10.1.0.0/16")
        bare = direct.make("aws:iam/instanceProfile:InstanceProfile", name=f"{unique}-bare")
        refused: list[tuple[str, dict[str, Any]]] = [
            ("different networks", {"securityGroupIds": [other.group]}),
            ("no such machine types", {"instanceTypes": ["m5.gigantic"]}),
            ("has no role", {"instanceRole": bare.outputs["arn"]}),
            ("NoSuchEntity", {"instanceRole": "nothing"}),
        ]
        for complaint, news in refused:
            with pytest.raises(RefusedError, match=complaint):
                direct.make(MACHINES, name=unique, type="MANAGED", computeResources={**resources, **news})

    @pytest.mark.parametrize(
        "wrong",
        [
            {"type": "FARGATE"},
            {"minVcpus": 8, "maxVcpus": 4},
            {"allocationStrategy": "SPOT_PRICE_CAPACITY_OPTIMIZED"},
            {"type": "SPOT", "allocationStrategy": "BEST_FIT"},
            {"ec2Configurations": [{"imageType": "WINDOWS"}]},
            {"subnets": []},
            {"launchTemplate": {}},
            {"tags": {"aws:name": "a"}},
        ],
    )
    def test_wrong_machines_fail_the_check(self, direct: Direct, wrong: Mapping[str, Any]) -> None:
        fine = {
            "type": "EC2",
            "maxVcpus": 4,
            "instanceTypes": ["m5.large"],
            "instanceRole": "a",
            "subnets": ["a"],
            "securityGroupIds": ["a"],
        }
        direct.checked(MACHINES, {"type": "MANAGED", "computeResources": fine})
        with pytest.raises(RefusedError, match="computeResources"):
            direct.checked(MACHINES, {"type": "MANAGED", "computeResources": {**fine, **wrong}})

    @pytest.mark.parametrize("wrong", [{"type": "UNMANAGED"}, {"state": "ON"}, {"name": "a b"}, {"updatePolicy": {}}])
    def test_wrong_inputs_fail_the_check(self, direct: Direct, wrong: Mapping[str, Any]) -> None:
        with pytest.raises(RefusedError, match=next(iter(wrong))):
            direct.checked(MACHINES, {"type": "MANAGED", **wrong})


class TestQueues:
    def test_one_reads_as_it_was_made_and_is_changed_in_place(
        self, direct: Direct, machines: State, unique: str
    ) -> None:
        order = [{"order": 1, "computeEnvironment": machines.outputs["arn"]}]
        queue = direct.make(
            QUEUE, name=unique, priority=1, state="ENABLED", computeEnvironmentOrders=order, tags={"a": "b"}
        )
        assert queue.id == queue.outputs["arn"]
        assert direct.read(queue) == queue
        changed = direct.change(queue, priority=7, state="DISABLED", tags={"c": "d"})
        shown = (changed.outputs["priority"], changed.outputs["state"], changed.outputs["tags"])
        assert shown == (7, "DISABLED", {"c": "d"})
        assert direct.differs(changed, name="other") == {"name": True}
        direct.delete(changed)
        assert direct.provider.handler(QUEUE).read(changed) is None  # type: ignore[union-attr]

    def test_its_machines_have_to_be_there(self, direct: Direct, unique: str) -> None:
        order = [{"order": 1, "computeEnvironment": "nothing"}]
        with pytest.raises(RefusedError, match="not a valid compute environment"):
            direct.make(QUEUE, name=unique, priority=1, state="ENABLED", computeEnvironmentOrders=order)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"name": "a b"},
            {"priority": -1},
            {"state": "ON"},
            {"computeEnvironmentOrders": []},
            {"computeEnvironmentOrders": [{"order": 1}]},
            {"computeEnvironmentOrders": [{"order": 1, "computeEnvironment": name} for name in "ab"]},
            {"schedulingPolicyArn": "a"},
        ],
    )
    def test_wrong_inputs_fail_the_check(self, direct: Direct, wrong: Mapping[str, Any]) -> None:
        fine = {
            "priority": 1,
            "state": "ENABLED",
            "computeEnvironmentOrders": [{"order": 1, "computeEnvironment": "a"}],
        }
        with pytest.raises(RefusedError, match=next(iter(wrong))):
            direct.checked(QUEUE, {**fine, **wrong})


def test_the_engine_makes_a_cluster_with_nodes_and_takes_them_away(
    aws_bed: Bed, aws: AwsEmulator, direct: Direct, network: Network, unique: str
) -> None:
    roles = {
        service: surroundings.role(direct, f"{unique}-{service}", f"{service}.amazonaws.com").outputs["arn"]
        for service in ("eks", "ec2")
    }

    def program() -> None:
        cluster = pulumi_aws.eks.Cluster(
            "cluster", name=unique, role_arn=roles["eks"], vpc_config={"subnet_ids": network.subnets}
        )
        pulumi_aws.eks.NodeGroup(
            "nodes",
            cluster_name=cluster.name,
            node_group_name="workers",
            node_role_arn=roles["ec2"],
            subnet_ids=network.subnets,
            scaling_config={"min_size": 0, "max_size": 1, "desired_size": 0},
        )
        pulumi.export("issuer", cluster.identities.apply(lambda found: found[0].oidcs[0].issuer))

    stack = aws_bed.stack(program)
    up = stack.up()
    assert up.outputs["issuer"].value.startswith("https://oidc.eks.")
    assert aws.client("eks").list_nodegroups(clusterName=unique)["nodegroups"] == ["workers"]
    assert set(stack.up(refresh=True).summary.resource_changes or {}) == {"same"}
    stack.destroy()
    assert unique not in aws.client("eks").list_clusters()["clusters"]
