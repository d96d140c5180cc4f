"""Every kind on AWS: its program makes what the kind says, sets what the kind says, and gives what the kind says."""

from __future__ import annotations

import re
from typing import Any

import pytest

from flowyml_infra.apply.engines.pulumi.programs import load_program
from flowyml_infra.resources.catalogue import every_kind
from tests.programs.aws.region import AWS, NEEDED, made
from tests.programs.harness import CREATION, NAME, Made, camel, inputs_at, make

KINDS = sorted(kind.name for kind in every_kind() if kind.provider == "aws")
_KEY = "arn:aws:kms:eu-west-1:1:key/2"
MORE: dict[str, dict[str, Any]] = {
    "batch_queue": {"preemptible": True, "subnet_ids": ["s-1"], "security_group_ids": ["g-1"], "tags": {"a": "b"}},
    "bucket": {"kms_key": _KEY, "expire_after_days": 9, "noncurrent_expire_after_days": 3, "tags": {"a": "b"}},
    "cluster": {
        "version": "1.33",
        "subnet_ids": ["s-1", "s-2"],
        "security_group_ids": ["g-1"],
        "service_cidr": "10.100.0.0/16",
        "kms_key": _KEY,
    },
    "database": {
        "engine_version": "16.3",
        "allow_major_upgrade": True,
        "max_storage": 100,
        "kms_key": _KEY,
        "subnet_ids": ["s-1", "s-2"],
        "security_group_ids": ["g-1"],
    },
    "identity": {
        "bucket": "arn:aws:s3:::data",
        "repository": "arn:aws:ecr:eu-west-1:1:repository/images",
        "secret": "arn:aws:secretsmanager:eu-west-1:1:secret:token",
        "database_secret": "arn:aws:secretsmanager:eu-west-1:1:secret:rds",
        "policies": ["arn:aws:iam::aws:policy/AmazonSageMakerReadOnly", "arn:aws:iam::123456789012:policy/team/own"],
        "permissions_boundary": "arn:aws:iam::123456789012:policy/most",
    },
    "key": {"multi_region": True},
    "network": {"internet": False, "zones": 3},
    "node_group": {"preemptible": True, "labels": {"pool": "gpu"}, "subnet_ids": ["s-1"], "machine_type": "g5.xlarge"},
    "registry": {"kms_key": _KEY, "keep_images": 5},
    "secret": {"value": "sesame", "description": "a token", "kms_key": _KEY},
}
CASES = [(kind, {}) for kind in KINDS] + [(kind, MORE[kind]) for kind in KINDS]
EVERY = pytest.mark.parametrize(
    ("kind", "properties"), CASES, ids=[f"{kind}-{'more' if more else 'plain'}" for kind, more in CASES]
)


def outside(made: Made) -> list[tuple[str, str]]:
    """Child and input of what the kind says that its properties and its program set."""
    fed = [
        tuple(feed.split(".", 1))
        for item in made.kind.properties
        if made.properties.get(item.name) not in (None, "", [], {})
        for feed in item.feeds
    ]
    given = [(child.name, path) for child in made.kind.children for path in child.given]
    # The provider of a region sets the region of everything.
    return [(child, path) for child, path in [*fed, *given] if path != "region"]


def test_every_kind_has_a_program() -> None:
    assert sorted(load_program("aws").KINDS) == KINDS


@EVERY
def test_it_makes_the_children_of_its_kind(kind: str, properties: dict[str, Any]) -> None:
    found = made(kind, **properties)
    assert {thing.type for thing in found.things} == {child.facts.token for child in found.children()}


@EVERY
def test_what_feeds_an_input_sets_it(kind: str, properties: dict[str, Any]) -> None:
    found = made(kind, **properties)
    tokens = {child.name: child.facts.token for child in found.children()}
    for child, path in outside(found):
        if child in tokens:
            assert any(inputs_at(thing, path) for thing in found.all(tokens[child])), f"{child}.{path}"


@EVERY
def test_no_input_is_set_that_the_kind_does_not_speak_of(kind: str, properties: dict[str, Any]) -> None:
    found = made(kind, **properties)
    every = [
        (child, path) for item in found.kind.properties for child, _, path in [f.partition(".") for f in item.feeds]
    ]
    every += [(child.name, path) for child in found.kind.children for path in child.given]
    for token in {child.facts.token for child in found.children()}:
        names = {child.name for child in found.kind.children if child.facts.token == token}
        spoken = {camel(path.partition(".")[0]) for child, path in every if child in names}
        assert {name for thing in found.all(token) for name in thing.inputs} <= spoken, token


@EVERY
def test_it_gives_every_output(kind: str, properties: dict[str, Any]) -> None:
    found = made(kind, **properties)
    assert {item.name for item in found.kind.outputs} == set(found.outputs)
    assert None not in found.outputs.values()
    for item in found.kind.outputs:
        if item.echoes is not None:
            assert found.outputs[item.name] == found.properties[item.echoes]


@EVERY
def test_the_engine_finds_its_parts_by_their_names(kind: str, properties: dict[str, Any]) -> None:
    found = made(kind, **properties)
    (primary,) = (child for child in found.kind.children if child.primary)
    assert [thing.type for thing in found.things if thing.name == NAME] == [primary.facts.token]
    assert all(thing.name == NAME or thing.name.startswith(f"{NAME}-") for thing in found.things)
    assert len({(thing.type, thing.name) for thing in found.things}) == len(found.things)


@EVERY
def test_whatever_can_be_tagged_carries_the_creation(kind: str, properties: dict[str, Any]) -> None:
    found = made(kind, **properties)
    for child in found.children():
        if "tags" in child.facts.in_place:
            for thing in found.all(child.facts.token):
                assert thing.inputs["tags"]["flowyml:creation"] == CREATION
                assert thing.inputs["tags"]["flowyml:address"] == f"aws.{kind}.thing"


@EVERY
def test_nothing_is_named_by_chance(kind: str, properties: dict[str, Any]) -> None:
    for thing in made(kind, **properties).things:
        named = {"name", "identifier", "bucket", "nodeGroupName", "role", "repository", "secretId"} & set(thing.inputs)
        unnamed = r"aws:(ec2/(?!securityGroup:)|kms/key:|iam/openIdConnectProvider:)"
        assert named or re.match(unnamed, thing.type), thing


@EVERY
def test_a_preview_that_knows_nothing_goes_through(kind: str, properties: dict[str, Any]) -> None:
    plain = made(kind, **properties)
    flags = {item.name for item in plain.kind.properties if item.type in ("boolean", "mapping")}
    told = {"region", "zones", *flags}
    unknown = tuple(
        name for name, value in plain.properties.items() if name not in told and value not in (None, "", [])
    )
    seen = make(AWS, kind, unknown=unknown, **{**NEEDED.get(kind, {}), **properties})
    assert {thing.type for thing in seen.things} <= {thing.type for thing in plain.things}
    assert [thing for thing in seen.things if thing.name == NAME]
