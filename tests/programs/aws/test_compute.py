"""What runs steps on AWS: clusters, their machines, and batch queues."""

from __future__ import annotations

import json

import pytest

from tests.programs.aws.region import DEFAULT_SUBNETS, ISSUER, made

SUBNETS = {"subnet_ids": ["s-1", "s-2"]}
AWS_POLICY = "arn:aws:iam::aws:policy"


def trusted(policy: str) -> list[str]:
    (statement,) = json.loads(policy)["Statement"]
    assert statement["Action"] == "sts:AssumeRole"
    return list(statement["Principal"]["Service"])


class TestClusters:
    def test_it_is_reached_from_inside_logs_and_asks_iam_who_may_do_what(self) -> None:
        cluster = made("cluster", **SUBNETS).one("Cluster")
        vpc = cluster["vpcConfig"]
        assert (vpc["endpointPrivateAccess"], vpc["endpointPublicAccess"]) == (True, False)
        assert cluster["enabledClusterLogTypes"] == ["api", "audit", "authenticator"]
        assert cluster["accessConfig"]["authenticationMode"] == "API"
        assert not {"version", "encryptionConfig", "kubernetesNetworkConfig"} & set(cluster)

    def test_opening_it_keeps_the_way_from_inside(self) -> None:
        vpc = made("cluster", public_access=True, **SUBNETS).one("Cluster")["vpcConfig"]
        assert (vpc["endpointPrivateAccess"], vpc["endpointPublicAccess"]) == (True, True)

    def test_what_is_said_of_it_is_so(self) -> None:
        told = {"kms_key": "arn:aws:kms:eu-west-1:1:key/2", "service_cidr": "10.100.0.0/16", "version": "1.33"}
        cluster = made("cluster", logs=["api"], deletion_protection=True, **told, **SUBNETS).one("Cluster")
        assert cluster["encryptionConfig"] == {"provider": {"keyArn": told["kms_key"]}, "resources": ["secrets"]}
        assert cluster["kubernetesNetworkConfig"] == {"serviceIpv4Cidr": "10.100.0.0/16"}
        assert (cluster["version"], cluster["enabledClusterLogTypes"]) == ("1.33", ["api"])
        assert cluster["deletionProtection"] is True

    def test_it_works_in_a_role_of_its_own(self) -> None:
        found = made("cluster", name="training", **SUBNETS)
        role = found.one("role:Role")
        assert role["name"] == "training-eu-west-1-cluster"
        assert trusted(role["assumeRolePolicy"]) == ["eks.amazonaws.com"]
        rights = found.one("RolePolicyAttachment")
        assert rights == {"role": role["name"], "policyArn": f"{AWS_POLICY}/AmazonEKSClusterPolicy"}
        assert found.one("Cluster")["roleArn"] == "arn:of:thing.1-role"

    def test_its_issuer_vouches_for_accounts_in_it(self) -> None:
        found = made("cluster", **SUBNETS)
        issuer = found.one("OpenIdConnectProvider")
        assert (issuer["url"], issuer["clientIdLists"]) == (ISSUER, ["sts.amazonaws.com"])
        assert found.outputs["oidc_provider"] == "arn:of:thing.1-issuer"

    def test_without_subnets_it_is_in_the_default_network(self) -> None:
        assert made("cluster").one("Cluster")["vpcConfig"]["subnetIds"] == DEFAULT_SUBNETS

    @pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
    def test_policies_are_those_of_the_regions_partition(self, region: str, partition: str) -> None:
        rights = made("cluster", region=region, **SUBNETS).one("RolePolicyAttachment")
        assert rights["policyArn"].startswith(f"arn:{partition}:iam::aws:policy/")


class TestNodeGroups:
    def test_machines_join_with_the_three_policies_they_need(self) -> None:
        found = made("node_group", name="workers", **SUBNETS)
        role = found.one("role:Role")
        assert role["name"] == "training-eu-west-1-workers-nodes"
        assert trusted(role["assumeRolePolicy"]) == ["ec2.amazonaws.com"]
        assert sorted(thing.inputs["policyArn"] for thing in found.all("RolePolicyAttachment")) == [
            f"{AWS_POLICY}/AmazonEC2ContainerRegistryReadOnly",
            f"{AWS_POLICY}/AmazonEKSWorkerNodePolicy",
            f"{AWS_POLICY}/AmazonEKS_CNI_Policy",
        ]

    def test_there_are_as_few_as_allowed_at_first(self) -> None:
        nodes = made("node_group", min_nodes=1, max_nodes=5, **SUBNETS).one("NodeGroup")
        assert nodes["scalingConfig"] == {"minSize": 1, "maxSize": 5, "desiredSize": 1}

    @pytest.mark.parametrize(("preemptible", "capacity"), [(True, "SPOT"), (False, "ON_DEMAND")])
    def test_spot_machines_are_had_when_told(self, preemptible: bool, capacity: str) -> None:
        assert made("node_group", preemptible=preemptible).one("NodeGroup")["capacityType"] == capacity

    @pytest.mark.parametrize(
        ("machine", "image"),
        [
            ("m5.large", "AL2023_x86_64_STANDARD"),
            ("m7g.large", "AL2023_ARM_64_STANDARD"),
            ("g5.xlarge", "AL2023_x86_64_NVIDIA"),
        ],
    )
    def test_the_image_has_the_drivers_of_the_hardware(self, machine: str, image: str) -> None:
        nodes = made("node_group", machine_type=machine).one("NodeGroup")
        assert (nodes["instanceTypes"], nodes["amiType"]) == ([machine], image)


class TestBatchQueues:
    def test_machines_are_counted_in_processors(self) -> None:
        found = made("batch_queue", machine_type="m5.xlarge", min_nodes=1, max_nodes=4, **SUBNETS)
        resources = found.one("ComputeEnvironment")["computeResources"]
        assert (resources["minVcpus"], resources["maxVcpus"]) == (4, 16)
        assert resources["instanceTypes"] == ["m5.xlarge"]
        assert resources["ec2Configurations"] == [{"imageType": "ECS_AL2023"}]

    def test_batch_works_in_its_own_role_and_machines_in_theirs(self) -> None:
        found = made("batch_queue", name="steps", **SUBNETS)
        environment = found.one("ComputeEnvironment")
        assert environment["type"] == "MANAGED"
        assert "serviceRole" not in environment
        assert environment["computeResources"]["instanceRole"] == "arn:of:thing.1-profile"
        assert found.one("InstanceProfile")["role"] == "steps-eu-west-1-machines"
        assert trusted(found.one("role:Role")["assumeRolePolicy"]) == ["ec2.amazonaws.com"]
        policy = f"{AWS_POLICY}/service-role/AmazonEC2ContainerServiceforEC2Role"
        assert found.one("RolePolicyAttachment")["policyArn"] == policy

    def test_machines_of_another_sort_have_another_name(self) -> None:
        plain = made("batch_queue", name="steps").one("ComputeEnvironment")
        spot = made("batch_queue", name="steps", preemptible=True).one("ComputeEnvironment")
        assert (plain["name"], plain["computeResources"]["type"]) == ("steps-on-demand", "EC2")
        assert (spot["name"], spot["computeResources"]["type"]) == ("steps-spot", "SPOT")
        assert plain["computeResources"]["allocationStrategy"] == "BEST_FIT_PROGRESSIVE"
        assert spot["computeResources"]["allocationStrategy"] == "SPOT_PRICE_CAPACITY_OPTIMIZED"
        assert "spotIamFleetRole" not in spot["computeResources"]

    def test_graphics_processors_get_their_drivers(self) -> None:
        resources = made("batch_queue", machine_type="g5.xlarge").one("ComputeEnvironment")["computeResources"]
        assert resources["ec2Configurations"] == [{"imageType": "ECS_AL2023_NVIDIA"}]

    def test_without_a_network_it_is_in_the_default_one_with_its_group(self) -> None:
        resources = made("batch_queue").one("ComputeEnvironment")["computeResources"]
        assert resources["subnets"] == DEFAULT_SUBNETS
        assert resources["securityGroupIds"] == [f"default-of-vpc-of-{DEFAULT_SUBNETS[0]}"]

    def test_without_a_group_it_is_in_the_default_one_of_its_network(self) -> None:
        resources = made("batch_queue", **SUBNETS).one("ComputeEnvironment")["computeResources"]
        assert resources["securityGroupIds"] == ["default-of-vpc-of-s-1"]

    def test_the_queue_hands_to_them(self) -> None:
        queue = made("batch_queue", priority=7).one("JobQueue")
        assert (queue["priority"], queue["state"]) == (7, "ENABLED")
        order = {"order": 1, "computeEnvironment": "arn:of:thing.1-machines"}
        assert queue["computeEnvironmentOrders"] == [order]
