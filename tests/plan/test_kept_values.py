"""Changes that nothing comes of: another order where order means nothing, and what stays when it is left out."""

from __future__ import annotations

import pytest

from flowyml_infra.plan.diff import diff
from flowyml_infra.resources.catalogue import kind
from flowyml_infra.resources.values import Reference, Unknown
from tests.support.kinds import FAKE
from tests.support.planning import address, compiled, spec

KEY = "arn:aws:kms:eu-west-1:1:key/2"


def differing(name: str, path: str, before, after, **others) -> dict[str, bool]:
    provider, _, found = name.partition(".")
    seen = diff({path: before, **others}, {path: after, **others}, kind(provider, found), str)
    return {item.path: item.forces_replacement for item in seen}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("aws.batch_queue", "subnet_ids"),
        ("aws.batch_queue", "security_group_ids"),
        ("aws.cluster", "subnet_ids"),
        ("aws.cluster", "security_group_ids"),
        ("aws.cluster", "logs"),
        ("aws.database", "subnet_ids"),
        ("aws.database", "security_group_ids"),
        ("aws.identity", "trusted"),
        ("aws.identity", "policies"),
        ("aws.node_group", "subnet_ids"),
        ("kubernetes.service_account", "permissions"),
    ],
)
def test_a_set_means_the_same_in_any_order(name, path):
    assert differing(name, path, ["a", "b", "c"], ["c", "a", "b"]) == {}
    assert differing(name, path, ["a", "b"], ["a", "c"])
    assert differing(name, path, ["a", "a", "b"], ["a", "b", "b"])


def test_a_list_with_something_unknown_in_it_may_be_another():
    one, other = Unknown("string"), Reference(address("net"), "id")
    assert differing("aws.node_group", "subnet_ids", ["a", one], [one, "a"])
    assert differing("aws.node_group", "subnet_ids", ["a", other], [other, "a"])


@pytest.mark.parametrize(
    ("name", "path", "value", "other", "replaces"),
    [
        ("aws.cluster", "version", "1.33", "1.34", False),
        ("aws.cluster", "service_cidr", "10.100.0.0/16", "10.101.0.0/16", True),
        ("aws.database", "engine_version", "16.3", "16.4", False),
        ("aws.database", "kms_key", KEY, f"{KEY}3", True),
        ("aws.registry", "kms_key", KEY, f"{KEY}3", True),
    ],
)
def test_what_the_provider_leaves_alone_stays_when_it_is_left_out(name, path, value, other, replaces):
    assert differing(name, path, value, None) == {}
    assert differing(name, path, value, other) == {path: replaces}
    assert differing(name, path, None, value) == {path: replaces}


def test_the_groups_of_a_server_stay_when_none_are_named():
    assert differing("aws.database", "security_group_ids", ["g"], []) == {}
    assert differing("aws.database", "security_group_ids", [], ["g"])


def test_a_version_says_nothing_beside_an_image():
    image = "docker.io/library/postgres:16-alpine"
    assert differing("kubernetes.database", "engine_version", "16", "16.4", image=image) == {}
    assert differing("kubernetes.database", "engine_version", "16", "16.4", image=None) == {"engine_version": False}


def test_an_issuer_says_nothing_where_no_account_is_named():
    assert differing("aws.identity", "oidc_provider", "one", "two", kubernetes_account=None) == {}
    assert differing("aws.identity", "oidc_provider", "one", "two", kubernetes_account="ml/a") == {
        "oidc_provider": False
    }


@pytest.mark.parametrize("path", ["default_cpu", "default_memory"])
def test_what_containers_ask_for_is_said_where_something_is_limited(path):
    assert differing("kubernetes.quota", path, "1", "2", cpu=None, memory=None, pods=9) == {}
    assert differing("kubernetes.quota", path, "1", "2", cpu="8", memory=None) == {path: False}


def test_the_plan_has_nothing_to_do_and_the_next_one_does_not_ask_again(bed):
    def wanted(tags):
        return compiled(spec("it", {"name": "a", "zone": "z1", "marks": tags}, kind="fake"))

    assert any(item.name == "marks" for item in FAKE.properties)
    bed.apply(wanted(["one", "two"]))
    plan = bed.plan(wanted(["two", "one"]))
    assert (plan.empty, plan.has_writes) == (True, True)
    bed.apply(wanted(["two", "one"]))
    assert not bed.plan(wanted(["two", "one"])).has_writes
