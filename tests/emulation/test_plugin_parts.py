"""The parts of the stand-in plugins that need no engine: values, differences, names and faults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.emulation.plugin import call_log, diffing, faults, values
from tests.emulation.plugin.aws import documents, rules, shapes
from tests.emulation.plugin.handling import Asked, State
from tests.emulation.plugin.kubernetes import identity, inputs
from tests.emulation.plugin.kubernetes.kinds import KINDS

plain = st.recursive(
    st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.text(min_size=1, max_size=4), plain, max_size=4)
RULES = rules.Rules(
    frozenset({"bucket", "tags"}), replacing=("bucket",), name_input="bucket", name_pattern="[a-z-0-9]+"
)


@given(objects)
def test_plain_values_pass_the_wire_unchanged(thing: dict[str, object]) -> None:
    assert values.decode(values.encode(thing)) == values.Decoded(thing, frozenset())


def test_secrets_and_unknowns_pass_the_wire_at_their_places() -> None:
    thing = {"data": {"password": "x"}, "list": [1, values.UNKNOWN]}
    secrets = {("data", "password"), ("list", 1)}
    assert values.decode(values.encode(thing, secrets)) == values.Decoded(thing, frozenset(secrets))
    assert values.has_unknown(thing)


def test_an_output_without_a_value_is_unknown_and_keeps_its_secrecy() -> None:
    wire = {"a": {values.SIGNATURE: values.OUTPUT, "secret": True}, "b": {values.SIGNATURE: values.OUTPUT, "value": 1}}
    decoded = values.decode(values.encode(wire))
    assert decoded == values.Decoded({"a": values.UNKNOWN, "b": 1}, frozenset({("a",)}))


@given(objects)
def test_nothing_differs_from_itself(thing: dict[str, object]) -> None:
    assert diffing.compare(thing, thing) == []


@given(objects, objects)
def test_what_was_added_one_way_is_deleted_the_other(one: dict[str, object], other: dict[str, object]) -> None:
    there = {change.path for change in diffing.compare(one, other) if change.kind == diffing.ADD}
    back = {change.path for change in diffing.compare(other, one) if change.kind == diffing.DELETE}
    assert there == back


def test_paths_are_named_as_the_engine_names_them() -> None:
    old = {"spec": {"ports": [{"port": 1}]}, "data": {"a.b": "1"}}
    new = {"spec": {"ports": [{"port": 2}]}, "data": {}}
    assert [change.name for change in diffing.compare(old, new)] == ["spec.ports[0].port", 'data["a.b"]']


def test_a_replacing_path_covers_what_is_below_it_and_ignored_ones_are_gone() -> None:
    old, new = {"spec": {"selector": {"a": 1}, "replicas": 1}}, {"spec": {"selector": {"a": 2}, "replicas": 2}}
    found = diffing.marked(diffing.compare(old, new), ("spec.selector",), ("spec.replicas",))
    assert [(change.name, change.replaces) for change in found] == [("spec.selector.a", True)]


def test_a_made_name_comes_from_the_seed_and_is_kept() -> None:
    made = rules.check(RULES, Asked("data", {}, {}, b"seed"), "eu-west-1").inputs
    assert made == rules.check(RULES, Asked("data", {}, {}, b"seed"), "eu-west-1").inputs
    again = rules.check(RULES, Asked("data", {"tags": {}}, made, b"other"), "eu-west-1").inputs
    assert again["bucket"] == made["bucket"]


@pytest.mark.parametrize(("new", "first"), [("same", True), ("other", False)])
def test_only_a_name_that_is_kept_makes_a_replacement_delete_first(new: str, first: bool) -> None:
    state = State("same", {"bucket": "same", "region": "a"}, {"bucket": "same", "region": "a"})
    difference = rules.diff(RULES, state, {"bucket": new, "region": "b", "__defaults": []}, ())
    assert difference.replaces
    assert difference.delete_before_replace is first


def test_s3_shapes_are_spelled_both_ways() -> None:
    rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "k"}}
    spelled = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}}
    assert shapes.to_api(rule) == spelled
    assert shapes.from_api(spelled) == rule


def test_a_document_means_the_same_whatever_the_order_of_its_keys() -> None:
    read = {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["b"]}
    push = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": ["c", "a"], "Sid": "Push"}
    once = documents.normal({"Version": "2012-10-17", "Statement": [read, push]})
    assert documents.normal(once) == once
    turned = [dict(reversed(push.items())), dict(reversed(read.items()))]
    assert documents.normal({"Statement": turned, "Version": "2012-10-17"}) == once


def test_a_lifecycle_rule_without_a_filter_takes_everything() -> None:
    rule = {"id": "scratch", "status": "Enabled"}
    everything = [{**rule, "filter": {"prefix": ""}}]
    assert shapes.lifecycle_filtered([rule]) == shapes.lifecycle_filtered(everything) == everything
    assert shapes.lifecycle_from_api(shapes.lifecycle_to_api(everything)) == [rule]


def test_an_object_without_a_name_is_named_and_keeps_it() -> None:
    kind = KINDS["kubernetes:core/v1:Secret"]
    made = inputs.check(kind, Asked("login", {"stringData": {"a": "b"}}, {}, b"seed"), "space").inputs
    assert made["metadata"]["name"].startswith("login-")
    assert made["metadata"]["namespace"] == "space"
    assert made["data"] == {"a": "Yg=="}
    again = inputs.check(kind, Asked("login", {}, made, b"other"), "space").inputs
    assert again["metadata"]["name"] == made["metadata"]["name"]


def test_a_live_object_is_pruned_to_what_was_asked_for() -> None:
    live = {"spec": {"replicas": 1, "added": True, "list": [{"a": 1, "b": 2}]}, "status": {}}
    assert inputs.pruned(live, {"spec": {"replicas": 2, "list": [{"a": 1}]}}) == {
        "spec": {"replicas": 1, "list": [{"a": 1}]}
    }


def test_calls_are_counted_by_method_and_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(call_log.FOLDER_VARIABLE, str(tmp_path))
    begun = [call_log.Call("create", "urn", token, call_log.BEGUN) for token in ("a", "b", "a")]
    assert [call_log.write(call) for call in begun] == [1, 1, 2]
    faults.order(tmp_path, faults.Fault(faults.REFUSE, "create", "a", nth=2))
    assert faults.find("create", "urn", "a", 1) is None
    assert faults.find("create", "urn", "b", 2) is None
    assert faults.find("create", "urn", "a", 2) is not None


def test_a_fault_about_one_thing_counts_its_calls_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(call_log.FOLDER_VARIABLE, str(tmp_path))
    faults.order(tmp_path, faults.Fault(faults.REFUSE, "create", "a", about="one"))
    for name in ("two", "one"):
        call_log.write(call_log.Call("create", f"urn::{name}.1", "a", call_log.BEGUN))
    assert faults.find("create", "urn::two.1", "a", 1) is None
    assert faults.find("create", "urn::one.1", "a", 2) is not None


def kubeconfig(server: str, token: str = "a") -> str:
    """The text of a kubeconfig with two contexts, the second leading to another cluster."""
    places = {"one": server, "two": "https://two"}
    listed = {
        "current-context": "one",
        "clusters": [{"name": name, "cluster": {"server": place}} for name, place in places.items()],
        "users": [{"name": "user", "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "user"}} for name in places],
    }
    return json.dumps(listed, indent=1)


ONE = kubeconfig("https://one")


@pytest.mark.parametrize(
    ("olds", "news", "replaces"),
    [
        ({"kubeconfig": ONE}, {"kubeconfig": kubeconfig("https://one", "b")}, ()),
        ({"kubeconfig": ONE}, {"kubeconfig": kubeconfig("https://other")}, ("kubeconfig",)),
        ({"kubeconfig": ONE}, {"kubeconfig": values.UNKNOWN}, ("kubeconfig",)),
        ({}, {"kubeconfig": ONE}, ()),
        ({"kubeconfig": ONE, "context": "one"}, {"kubeconfig": ONE, "context": "two"}, ("context",)),
        ({"kubeconfig": ONE, "context": "one"}, {"kubeconfig": ONE, "context": "none"}, ()),
        (
            {"kubeconfig": ONE, "clusterIdentifier": "a"},
            {"kubeconfig": kubeconfig("https://other"), "clusterIdentifier": "a"},
            (),
        ),
        ({"clusterIdentifier": "a"}, {"clusterIdentifier": "b"}, ("clusterIdentifier",)),
    ],
)
def test_another_cluster_replaces_and_another_way_to_the_same_does_not(
    olds: dict[str, Any], news: dict[str, Any], replaces: tuple[str, ...]
) -> None:
    assert identity.diff(olds, news).replaces == replaces
