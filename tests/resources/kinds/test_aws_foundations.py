"""What is particular to networks, identities and batch queues on AWS, and how components are wired to them."""

from __future__ import annotations

from typing import Any

import pytest

from flowyml_infra.errors import DefinitionError
from flowyml_infra.resources.catalogue import kind
from flowyml_infra.resources.values import Reference
from tests.support.clouds import bucket, expanded

HERE: dict[str, Any] = {"location": {"region": "eu-west-1"}}


def problem(spec: dict[str, Any]) -> str:
    with pytest.raises(DefinitionError) as caught:
        expanded({**HERE, **spec})
    (found,) = caught.value.diagnostics
    return found.summary


def resource(entry: dict[str, Any]) -> dict[str, Any]:
    return {"resources": {"data": entry}}


class TestNetworks:
    @pytest.mark.parametrize(
        ("cidr", "clause"),
        [
            ("10.0.0.1/16", "which is no range of addresses"),
            ("10.0.0.0/8", "the number after the slash is between 16 and 24"),
            ("10.0.0.0/28", "the number after the slash is between 16 and 24"),
            ("8.8.0.0/16", "which is not private"),
        ],
    )
    def test_its_addresses_are_a_private_range_of_a_size_that_holds_subnets(self, cidr, clause):
        assert clause in problem(resource({"kind": "network", "cidr": cidr}))

    def test_without_a_way_out_nothing_is_made_for_one(self):
        network = kind("aws", "network")
        made = {
            wants: {child.name for child in network.children if child.wanted({"internet": wants})}
            for wants in (True, False)
        }
        assert made[True] - made[False] == {"exit", "exit_routes", "exit_join", "gateway", "address", "nat"}

    def test_other_components_are_put_into_it(self):
        compiled = expanded({**HERE, "network": {"zones": 3}, "compute": {"backend": "eks"}})
        (cluster,) = (spec for spec in compiled.graph.specs.values() if spec.address == "aws.cluster.compute")
        assert cluster.properties["subnet_ids"] == Reference("aws.network.network", "subnet_ids")
        assert "aws.network.network" in cluster.depends_on


class TestIdentities:
    def test_it_may_use_what_its_stack_has_and_nothing_else(self):
        spec = {**HERE, "storage": {"artifact_store": "s3://models-of-acme"}, "identity": {"max_session": 7200}}
        identity = bucket(expanded(spec), "identity")
        assert identity["bucket"] == Reference("aws.bucket.artifact_store", "arn")
        assert identity["repository"] is None
        assert identity["policies"] == []

    def test_services_and_policies_are_named_in_full(self):
        assert "a service reads" in problem(resource({"kind": "identity", "trusted": ["sagemaker"]}))
        assert "nobody could use the role" in problem(resource({"kind": "identity", "trusted": []}))
        assert "policy/NAME" in problem(resource({"kind": "identity", "policies": ["AmazonS3ReadOnlyAccess"]}))

    def test_a_policy_that_allows_everything_is_told(self):
        item = kind("aws", "identity").property("policies")
        assert item is not None
        assert item.weakens is not None
        assert item.weakens(["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]) is None
        assert "far more than a stack needs" in (item.weakens(["arn:aws:iam::aws:policy/AdministratorAccess"]) or "")


class TestQueues:
    def test_the_machines_of_a_queue_are_those_of_the_stack(self):
        compute = {"backend": "aws_batch", "size": "g5.2xlarge", "min_nodes": 0, "max_nodes": 8, "preemptible": True}
        queue = bucket(expanded({**HERE, "compute": compute}), "compute")
        assert (queue["machine_type"], queue["min_nodes"], queue["max_nodes"]) == ("g5.2xlarge", 0, 8)
        assert queue["preemptible"] is True

    def test_a_size_that_is_none_names_those_there_are(self):
        compute = {"backend": "aws_batch", "size": "p3.3xlarge"}
        assert problem({"compute": compute}) == (
            "spec.compute.size is 'p3.3xlarge'; p3 comes as 2xlarge, 8xlarge, 16xlarge"
        )

    def test_the_fewest_machines_are_no_more_than_the_most(self):
        entry = resource({"kind": "batch_queue", "min_nodes": 5, "max_nodes": 2})
        assert problem(entry) == "spec.resources.data.max_nodes is 2, less than min_nodes"

    def test_sagemaker_gets_a_role_that_only_it_may_take(self):
        role = bucket(expanded({**HERE, "compute": {"backend": "sagemaker"}}), "compute")
        assert role["trusted"] == ["sagemaker.amazonaws.com"]
