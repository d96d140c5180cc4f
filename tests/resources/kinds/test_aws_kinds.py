"""What is particular to kinds on AWS: changes that are refused or take a new resource, combinations, machine types."""

from __future__ import annotations

from typing import Any

import pytest

from flowyml_infra.address import Address
from flowyml_infra.errors import DefinitionError
from flowyml_infra.resources.catalogue import kind
from flowyml_infra.resources.places.aws_machines import machine_doubt, machine_problem
from flowyml_infra.resources.values import Reference
from tests.support.clouds import bucket, expanded


def verdict(name: str, path: str, before: Any, after: Any, **others: Any) -> tuple[str, str] | None:
    found = kind("aws", name)
    for wanted in ("replace", "refuse"):
        transition = found.transition(path, wanted, {path: before, **others}, {path: after, **others})  # type: ignore[arg-type]
        if transition is not None:
            return wanted, transition.why
    return None


@pytest.mark.parametrize(
    ("name", "path", "before", "after", "expected"),
    [
        ("database", "storage", 100, 50, ("refuse", "cannot shrink")),
        ("database", "storage", 50, 100, None),
        ("database", "engine_version", "16.3", "16.1", ("refuse", "cannot go back")),
        ("database", "engine_version", "16.1", "16.3", None),
        ("database", "engine_version", "15.7", "16.3", ("refuse", "is another major version")),
        ("cluster", "version", "1.31", "1.32", None),
        ("cluster", "version", "1.32", "1.31", ("refuse", "cannot go back")),
        ("cluster", "version", "1.30", "1.32", ("refuse", "skips a minor version")),
        ("cluster", "kms_key", None, "arn:k", None),
        ("cluster", "kms_key", "arn:k", None, ("replace", "cannot be taken away")),
    ],
)
def test_a_change_is_what_the_cloud_makes_of_it(name, path, before, after, expected):
    assert verdict(name, path, before, after) == expected


def test_a_major_upgrade_can_be_allowed():
    assert verdict("database", "engine_version", "15.7", "16.3", allow_major_upgrade=True) is None


@pytest.mark.parametrize(
    ("name", "properties", "fault"),
    [
        ("database", {"storage": 100, "max_storage": 50}, "max_storage"),
        ("database", {"storage": 100, "max_storage": 200}, None),
        ("cluster", {"subnet_ids": ["a"]}, "subnet_ids"),
        ("cluster", {"subnet_ids": ["a", "b"]}, None),
        ("node_group", {"min_nodes": 4, "max_nodes": 2}, "max_nodes"),
        ("node_group", {"min_nodes": 0, "max_nodes": 2}, None),
        ("bucket", {"versioning": False, "noncurrent_expire_after_days": 3}, "noncurrent_expire_after_days"),
    ],
)
def test_what_does_not_go_together_is_found(name, properties, fault):
    check = kind("aws", name).check
    assert check is not None
    assert [item.property for item in check(properties)] == ([] if fault is None else [fault])


@pytest.mark.parametrize("text", ["m5.large", "g5.48xlarge", "c5.9xlarge", "p4d.24xlarge", "z9.large"])
def test_machine_types_that_there_are_pass(text):
    assert machine_problem(text) is None


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("m5.xlrge", "did you mean 'xlarge'?"),
        ("m5", "it reads FAMILY.SIZE"),
        ("p3.xlarge", "p3 comes as 2xlarge, 8xlarge, 16xlarge"),
        ("Standard_NC6", "it reads FAMILY.SIZE"),
    ],
)
def test_those_that_cannot_be_are_told_with_the_nearest(text, part):
    assert part in str(machine_problem(text))


def test_a_family_that_is_not_known_is_a_doubt():
    doubt = machine_doubt("m55.large")
    assert doubt is not None
    assert doubt.clause == "is 'm55.large', of a family that this version does not know"
    assert doubt.hint == "did you mean 'm5'?"
    assert machine_doubt("m5.large") is None


class TestComponents:
    def test_the_uri_of_a_store_names_its_bucket(self):
        spec = {"location": {"region": "eu-west-1"}, "storage": {"artifact_store": "s3://my-artifacts/prefix"}}
        assert bucket(expanded(spec), "artifact_store")["name"] == "my-artifacts"

    def test_the_uri_of_a_registry_names_its_region_and_repository(self):
        spec = {"registry": "123456789012.dkr.ecr.us-east-2.amazonaws.com/team/images"}
        found = bucket(expanded(spec), "container_registry")
        assert (found["name"], found["region"]) == ("team/images", "us-east-2")

    def test_a_cluster_for_steps_comes_with_machines_that_join_it(self):
        compute = {"backend": "eks", "size": "g5.xlarge", "min_nodes": 0, "max_nodes": 4, "memory": "16Gi"}
        compiled = expanded({"location": {"region": "eu-west-1"}, "compute": compute})
        specs = compiled.graph.specs
        assert list(specs) == ["aws.cluster.compute", "aws.node_group.compute"]
        nodes = specs[Address("aws.node_group.compute")]
        assert nodes.properties["machine_type"] == "g5.xlarge"
        assert nodes.properties["max_nodes"] == 4
        assert nodes.properties["cluster"] == Reference(Address("aws.cluster.compute"), "name")
        assert nodes.depends_on == ("aws.cluster.compute",)
        assert compiled.outputs["compute"]["backend"] == "eks"

    def test_a_machine_type_that_cannot_be_is_told_where_it_was_written(self):
        with pytest.raises(DefinitionError) as caught:
            expanded({"location": {"region": "eu-west-1"}, "compute": {"backend": "eks", "size": "g5.xlrge"}})
        assert "spec.compute.size is 'g5.xlrge', which is no machine type" in caught.value.diagnostics[0].summary


def test_an_identity_may_read_the_password_of_the_stacks_database():
    spec = {"location": {"region": "eu-west-1"}, "storage": {"metadata_store": {}}, "identity": {}}
    (role,) = (item for item in expanded(spec).graph.specs.values() if item.address.kind == "identity")
    assert role.properties["database_secret"] == Reference(Address("aws.database.metadata_store"), "password_secret")


def test_a_key_for_a_disk_that_is_not_encrypted_is_a_contradiction():
    entry = {"kind": "database", "encrypted": False, "kms_key": "arn:aws:kms:eu-west-1:1:key/2"}
    with pytest.raises(DefinitionError, match="kms_key is named, and encrypted is off"):
        expanded({"location": {"region": "eu-west-1"}, "resources": {"data": entry}})
