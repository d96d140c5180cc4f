"""The stand-in that makes everything at once: it compares inputs as the official providers do, and knows every type."""

from __future__ import annotations

from typing import Any

import pytest

from flowyml_infra.resources.catalogue import every_kind
from tests.emulation.instant.aws import Provider
from tests.emulation.instant.behaviour import AWS, KUBERNETES
from tests.emulation.instant.kubernetes import Provider as Cluster
from tests.emulation.plugin.handling import Asked, Properties, State
from tests.emulation.plugin.values import UNKNOWN
from tests.programs.harness import camel

DATABASE, CLUSTER = "aws:rds/instance:Instance", "aws:eks/cluster:Cluster"
CHILDREN = [(kind, child) for kind in every_kind() if kind.provider in ("aws", "kubernetes") for child in kind.children]
KNOWN = AWS | KUBERNETES


def differs(token: str, before: Properties, after: Properties) -> dict[str, bool]:
    """What changes, and whether that makes a new thing."""
    provider = Provider()
    provider.configure({"region": "eu-west-1"})
    handler = provider.handler(token)
    assert handler is not None
    old, new = (handler.check(Asked("it", inputs, {}, b"")).inputs for inputs in (before, after))
    found = handler.diff(State("it", old, old), new, ())
    return {change.name: change.replaces for change in found.changes}


def test_every_type_that_programs_make_is_known() -> None:
    assert {child.facts.token for _, child in CHILDREN} == set(KNOWN)
    assert Cluster().handler("kubernetes:batch/v1:Job") is None


@pytest.mark.parametrize(
    ("token", "path"),
    sorted(
        {
            (child.facts.token, feed.partition(".")[2])
            for kind, child in CHILDREN
            for item in kind.properties
            for feed in item.feeds
            if feed.partition(".")[0] == child.name
        }
    ),
)
def test_what_the_package_says_of_an_input_is_what_the_provider_does(token: str, path: str) -> None:
    facts = next(child.facts for _, child in CHILDREN if child.facts.token == token)
    engine = ".".join(camel(part) for part in path.split("."))
    behaviour = KNOWN[token]
    replaces = (*behaviour.replaces, *(["region"] if behaviour.regional else []))
    assert facts.makes_new(path) == any(engine == item or engine.startswith(f"{item}.") for item in replaces)


@pytest.mark.parametrize(
    ("token", "before", "after", "expected"),
    [
        (DATABASE, {"engine": "postgres"}, {"engine": "mysql"}, {"engine": True}),
        (DATABASE, {"multiAz": True}, {"multiAz": False}, {"multiAz": False}),
        (DATABASE, {"kmsKeyId": "a"}, {}, {}),
        (DATABASE, {"kmsKeyId": "a"}, {"kmsKeyId": "b"}, {"kmsKeyId": True}),
        (DATABASE, {"vpcSecurityGroupIds": ["a", "b"]}, {"vpcSecurityGroupIds": ["b", "a"]}, {}),
        (DATABASE, {"region": "eu-west-2"}, {}, {"region": True}),
        (DATABASE, {"tags": {}}, {}, {}),
        (DATABASE, {"engine": "postgres"}, {"engine": UNKNOWN}, {"engine": True}),
        (CLUSTER, {"encryptionConfig": {"a": "b"}}, {}, {"encryptionConfig": True}),
        (CLUSTER, {}, {"encryptionConfig": {"a": "b"}}, {"encryptionConfig": False}),
        (CLUSTER, {"kubernetesNetworkConfig": {"serviceIpv4Cidr": "10.0.0.0/16"}}, {}, {}),
        (
            CLUSTER,
            {},
            {"kubernetesNetworkConfig": {"serviceIpv4Cidr": "10.0.0.0/16"}},
            {"kubernetesNetworkConfig": True},
        ),
        (CLUSTER, {"vpcConfig": {"subnetIds": ["a", "b"]}}, {"vpcConfig": {"subnetIds": ["b", "a"]}}, {}),
        (
            "aws:iam/role:Role",
            {"assumeRolePolicy": '{"Statement": ["a", "b"]}'},
            {"assumeRolePolicy": '{"Statement": ["b", "a"]}'},
            {},
        ),
    ],
)
def test_inputs_are_compared_as_the_provider_does(token: str, before: Any, after: Any, expected: Any) -> None:
    assert differs(token, before, after) == expected
