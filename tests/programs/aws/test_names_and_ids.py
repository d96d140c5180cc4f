"""Names, ids, machine types and addresses on AWS: what follows from what."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from ipaddress import ip_network
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.rpc import UNKNOWN

from flowyml_infra.apply.engines.pulumi.programs import id_of, load_program
from flowyml_infra.resources.places.accelerators import accelerators_of
from flowyml_infra.resources.places.aws_machines import SIZES
from tests.programs.aws.region import AWS, NEEDED, made
from tests.programs.aws.test_every_kind import EVERY
from tests.programs.harness import NAME, make

load_program("aws")
arns = import_module("flowyml_infra_programs.aws.arns")
names = import_module("flowyml_infra_programs.aws.names")
machine_types = import_module("flowyml_infra_programs.aws.machine_types")
subnetting = import_module("flowyml_infra_programs.aws.subnetting")
MACHINES = sorted(f"{family}.{size}" for family, sizes in SIZES.items() for size in sizes)


class TestNames:
    def test_a_short_one_is_the_words(self) -> None:
        assert names.part_name(["training", "eu-west-1", "cluster"], 64) == "training-eu-west-1-cluster"
        assert names.part_name(["training", "", "cluster"], 64) == "training-cluster"

    @given(st.lists(st.from_regex(r"[a-z][a-z0-9]{0,60}", fullmatch=True), min_size=1, max_size=4))
    def test_a_long_one_is_cut_and_stays_allowed(self, words: list[str]) -> None:
        found = names.part_name(words, 64)
        assert len(found) <= 64
        assert found == names.part_name(words, 64)
        assert "--" not in found
        assert found[0].isalpha()

    def test_long_ones_that_end_otherwise_are_told_apart(self) -> None:
        one, other = (names.part_name(["a" * 80, end], 64) for end in ("cluster", "nodes"))
        assert one != other


class TestIds:
    @pytest.mark.parametrize(
        ("token", "inputs", "expected"),
        [
            ("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "data"}, "data"),
            ("aws:ecr/lifecyclePolicy:LifecyclePolicy", {"repository": "images"}, "images"),
            ("aws:eks/nodeGroup:NodeGroup", {"clusterName": "c", "nodeGroupName": "n"}, "c:n"),
            ("aws:iam/rolePolicy:RolePolicy", {"role": "r", "name": "p"}, "r:p"),
            ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"role": "r", "policyArn": "arn:p"}, "r/arn:p"),
            ("aws:rds/instance:Instance", {"identifier": "runs"}, "runs"),
            ("aws:rds/instance:Instance", {}, None),
            ("aws:iam/role:Role", {"name": UNKNOWN}, None),
            ("aws:eks/nodeGroup:NodeGroup", {"clusterName": "c"}, None),
            ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"}, None),
        ],
    )
    def test_an_id_follows_from_inputs_or_not_at_all(
        self, token: str, inputs: Mapping[str, Any], expected: str | None
    ) -> None:
        assert id_of(token, inputs) == expected

    @EVERY
    def test_whatever_is_in_the_table_is_found_by_what_a_program_sets(self, kind: str, properties: Any) -> None:
        for thing in made(kind, **properties).things:
            if thing.type in load_program("aws").IDS:
                assert id_of(thing.type, thing.inputs)

    @EVERY
    def test_a_preview_tells_the_ids_of_what_is_not_there_yet(self, kind: str, properties: Any) -> None:
        seen = make(AWS, kind, preview=True, **{**NEEDED.get(kind, {}), **properties})
        found = [(thing.type, id_of(thing.type, thing.inputs)) for thing in seen.things]
        assert found == [(thing.type, id_of(thing.type, thing.inputs)) for thing in made(kind, **properties).things]


class TestMachineTypes:
    @pytest.mark.parametrize("machine", MACHINES)
    def test_machines_with_accelerators_get_their_drivers(self, machine: str) -> None:
        has = accelerators_of("aws", machine) is not None
        assert machine_types.node_image(machine).endswith("_NVIDIA") == has
        assert machine_types.batch_image(machine).endswith("_NVIDIA") == has

    @pytest.mark.parametrize(
        ("machine", "image"),
        [
            ("t4g.small", "AL2023_ARM_64_STANDARD"),
            ("g5g.xlarge", "AL2023_ARM_64_NVIDIA"),
            ("g4ad.xlarge", "AL2023_x86_64_STANDARD"),
            ("inf2.xlarge", "AL2023_x86_64_NEURON"),
            ("trn1.2xlarge", "AL2023_x86_64_NEURON"),
            ("u-6tb1.metal", "AL2023_x86_64_STANDARD"),
        ],
    )
    def test_the_image_fits_the_hardware(self, machine: str, image: str) -> None:
        assert machine_types.node_image(machine) == image

    @pytest.mark.parametrize(
        ("machine", "number"),
        [
            ("t3.nano", 2),
            ("t3.medium", 2),
            ("m6g.medium", 1),
            ("m5.large", 2),
            ("m5.xlarge", 4),
            ("c5.9xlarge", 36),
            ("p4d.24xlarge", 96),
            ("trn1.32xlarge", 128),
            ("m6g.metal", 64),
            ("m6i.metal", 128),
        ],
    )
    def test_processors_follow_from_the_size(self, machine: str, number: int) -> None:
        assert machine_types.processors(machine) == number


@given(prefix=st.integers(16, 24), zones=st.integers(2, 6))
def test_parts_of_a_network_never_meet(prefix: int, zones: int) -> None:
    cidr = str(ip_network(f"10.32.0.0/{prefix}"))
    parts = [ip_network(subnetting.part(cidr, zones, index)) for index in range(zones)]
    parts.append(ip_network(subnetting.exit_part(cidr)))
    assert all(16 <= part.prefixlen <= 28 and part.subnet_of(ip_network(cidr)) for part in parts)  # type: ignore[arg-type]
    assert not any(one.overlaps(other) for one, other in combinations(parts, 2))


class TestArns:
    @pytest.mark.parametrize(
        ("token", "arn", "expected"),
        [
            ("aws:ec2/vpc:Vpc", "arn:aws:ec2:eu-west-1:1:vpc/vpc-0a", "vpc-0a"),
            ("aws:ec2/subnet:Subnet", "arn:aws:ec2:eu-west-1:1:subnet/subnet-0a", "subnet-0a"),
            ("aws:ec2/internetGateway:InternetGateway", "arn:aws:ec2:eu-west-1:1:internet-gateway/igw-0a", "igw-0a"),
            ("aws:ec2/eip:Eip", "arn:aws-cn:ec2:cn-north-1:1:elastic-ip/eipalloc-0a", "eipalloc-0a"),
            ("aws:ec2/natGateway:NatGateway", "arn:aws:ec2:eu-west-1:1:natgateway/nat-0a", "nat-0a"),
            ("aws:ec2/routeTable:RouteTable", "arn:aws:ec2:eu-west-1:1:route-table/rtb-0a", "rtb-0a"),
            ("aws:ec2/securityGroup:SecurityGroup", "arn:aws:ec2:eu-west-1:1:security-group/sg-0a", "sg-0a"),
            ("aws:kms/key:Key", "arn:aws:kms:eu-west-1:1:key/mrk-0a", "mrk-0a"),
            ("aws:batch/jobQueue:JobQueue", *["arn:aws:batch:eu-west-1:1:job-queue/training"] * 2),
            ("aws:secretsmanager/secret:Secret", *["arn:aws:secretsmanager:eu-west-1:1:secret:a/b-XyZ"] * 2),
            (
                "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
                *["arn:aws:iam::1:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/AB"] * 2,
            ),
        ],
    )
    def test_an_id_follows_from_the_arn(self, token: str, arn: str, expected: str) -> None:
        assert arns.ARNS[token](arn) == expected

    @EVERY
    def test_whatever_carries_tags_is_found_by_its_inputs_or_by_its_arn(self, kind: str, properties: Any) -> None:
        tagged = {thing.type for thing in made(kind, **properties).things if "tags" in thing.inputs}
        assert tagged <= {*load_program("aws").IDS, *arns.ARNS}

    @EVERY
    def test_several_that_are_found_by_their_arns_are_told_apart_by_their_part(
        self, kind: str, properties: Any
    ) -> None:
        things = made(kind, **properties).things
        for token in {thing.type for thing in things} & set(arns.ARNS):
            several = {thing.name: thing.inputs["tags"].get("flowyml:part") for thing in things if thing.type == token}
            assert len(set(several.values())) == len(several)
            assert all(part is None or name == f"{NAME}-{part}" for name, part in several.items())
