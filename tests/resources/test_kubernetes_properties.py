"""What all kinds in a cluster have: a name, a namespace, labels and a context; and that the SDK has what they feed."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import Any

import pytest

from flowyml_infra.errors import DefinitionError
from flowyml_infra.plan.consequences import updated_children
from flowyml_infra.plan.diff import diff
from flowyml_infra.resources.facts.type_facts import TypeFacts
from flowyml_infra.resources.kind import Kind
from flowyml_infra.resources.values import Reference, Unknown, Value
from tests.support.clouds import bucket, expanded
from tests.support.clusters import EVERY, HERE, KINDS, problem, properties

TYPES = {child.facts.token: child.facts for found in KINDS for child in found.children}


class TestNamespaces:
    @pytest.mark.parametrize("name", ["default", "kube-system", "kube-public", "kube-node-lease", "kube-mine"])
    def test_those_of_the_cluster_itself_are_not_made(self, name):
        with pytest.raises(DefinitionError) as caught:
            expanded({"provider": "kubernetes", "location": {"namespace": name}, "compute": {"backend": "k8s"}})
        (found,) = caught.value.diagnostics
        assert found.summary == (
            f"spec.location.namespace is {name!r}, which the cluster has by itself; to use it, write `existing: true` "
            "under spec.compute"
        )

    def test_one_that_is_there_is_used_by_its_name(self):
        spec = {
            "provider": "kubernetes",
            "location": {"namespace": "default"},
            "compute": {"backend": "k8s", "existing": True},
            "resources": {"data": {"kind": "volume"}},
        }
        assert bucket(expanded(spec))["namespace"] == "default"

    def test_what_is_in_the_namespace_of_the_stack_waits_for_it(self):
        compiled = expanded({**HERE, "compute": {"backend": "kubernetes"}, "resources": {"data": {"kind": "volume"}}})
        found = {str(address): spec for address, spec in compiled.graph.specs.items()}
        assert found["kubernetes.namespace.compute"].properties["name"] == "team-a"
        volume = found["kubernetes.volume.data"]
        assert volume.properties["namespace"] == Reference("kubernetes.namespace.compute", "name")
        assert volume.depends_on == ("kubernetes.namespace.compute",)

    def test_without_one_of_the_stack_it_is_that_of_the_location(self):
        assert properties(kind="volume")["namespace"] == "team-a"

    def test_a_resource_can_be_in_another_one(self):
        assert properties(kind="volume", namespace="team-b")["namespace"] == "team-b"

    def test_a_plan_without_any_says_what_it_misses(self):
        compiled = expanded({"provider": "kubernetes", "resources": {"data": {"kind": "volume"}}})
        assert bucket(compiled)["namespace"] == Unknown("string")
        (gap,) = compiled.gaps
        assert gap.summary == "the Kubernetes namespace is not said, and kubernetes.volume.data needs it"

    def test_the_project_can_say_it_for_all_stacks(self):
        config = "project: {name: shop}\nlocation: {kubernetes: {namespace: shared}}"
        spec = {"provider": "kubernetes", "resources": {"data": {"kind": "volume"}}}
        assert bucket(expanded(spec, config=config))["namespace"] == "shared"

    def test_one_that_nobody_names_gets_a_name_and_the_others_follow(self):
        spec = {"provider": "kubernetes", "compute": {"backend": "k8s"}, "resources": {"data": {"kind": "volume"}}}
        compiled = expanded(spec)
        assert re.fullmatch(r"prod-compute-[0-9a-f]{8}", bucket(compiled, "compute")["name"])
        assert compiled.gaps == ()


class TestLabels:
    @pytest.mark.parametrize(
        "labels",
        [{}, {"team": "ml"}, {"team": ""}, {"acme.example/team": "A_b.c-1"}, {"a" * 63: "b" * 63}, {"a/b": "c"}],
    )
    def test_those_that_a_cluster_takes_pass(self, labels):
        found = properties(kind="volume", labels=labels)["labels"]
        assert found.items() >= labels.items()
        assert found["flowyml-infra/address"] == "kubernetes.volume.data"

    @pytest.mark.parametrize(
        ("labels", "part"),
        [
            ({"team!": "ml"}, "labels has the name 'team!'; it reads NAME or DOMAIN/NAME"),
            ({"a" * 64: "ml"}, "has the name"),
            ({"/team": "ml"}, "has the name '/team'"),
            ({"ACME/team": "ml"}, "has the name 'ACME/team'"),
            ({"a/b/c": "ml"}, "has the name 'a/b/c'"),
            ({"team": "machine learning"}, "has the value 'machine learning' at team; 63 letters"),
            ({"team": "-ml"}, "has the value '-ml' at team"),
            ({"team": "b" * 64}, "has the value"),
            ({"flowyml-infra/stack": "mine"}, "begins with a reserved prefix"),
        ],
    )
    def test_others_are_refused(self, labels, part):
        assert part in problem(kind="volume", labels=labels)

    @EVERY
    def test_every_object_of_a_resource_carries_them(self, found: Kind):
        item = found.property("labels")
        assert item is not None
        assert item.feeds == tuple(f"{child.name}.metadata.labels" for child in found.children)


class TestContexts:
    @EVERY
    def test_another_context_changes_nothing_that_is_there(self, found: Kind):
        before: dict[str, Value] = {item.name: item.default for item in found.properties}  # type: ignore[misc]
        after = {**before, "kube_context": "the-same-under-another-name"}
        fields = diff(before, after, found, str)
        assert [(item.path, item.forces_replacement) for item in fields] == [("kube_context", False)]
        assert {item.action for item in updated_children(found, fields, before, after)} == {"noop"}

    def test_it_is_that_of_the_location(self):
        spec = {**HERE, "location": {"namespace": "team-a", "kube_context": "kind-dev"}, "compute": {"backend": "k8s"}}
        assert bucket(expanded(spec), "compute")["kube_context"] == "kind-dev"
        assert properties(kind="volume")["kube_context"] is None


class TestNames:
    @pytest.mark.parametrize(
        ("name", "text", "part"),
        [
            ("namespace", "a" * 64, "is 64 characters long; 1 to 63 are allowed"),
            ("namespace", "team.a", "is 'team.a'; allowed are"),
            ("namespace", "-team", "is '-team'"),
            ("volume", "a" * 254, "is 254 characters long; 1 to 253 are allowed"),
            ("volume", "a..b", "is 'a..b'"),
            ("volume", "a-.b", "is 'a-.b'"),
            ("volume", "Data", "is 'Data'"),
            ("object_store", "a" * 53, "is 53 characters long; 1 to 52 are allowed"),
            ("object_store", "1store", "is '1store'; allowed are lower-case letters, digits and hyphens, beginning"),
            ("object_store", "my.store", "is 'my.store'"),
        ],
    )
    def test_those_that_a_cluster_refuses_are_refused(self, name, text, part):
        assert part in problem(kind=name, name=text)

    @pytest.mark.parametrize(
        ("name", "text"),
        [("namespace", "1-team"), ("namespace", "a" * 63), ("volume", "a.b-c.1"), ("volume", "b" * 253)],
    )
    def test_those_that_it_takes_pass(self, name, text):
        assert properties(kind=name, name=text)["name"] == text

    def test_a_name_that_is_made_up_for_a_server_leaves_room_for_what_is_put_after_it(self):
        long = expanded({**HERE, "resources": {"d" * 63: {"kind": "object_store"}}})
        assert len(bucket(long, "d" * 63)["name"]) <= 52

    @EVERY
    def test_a_name_counts_within_its_namespace_and_that_of_a_namespace_within_the_cluster(self, found: Kind):
        assert found.identity == (("name",) if found.name == "namespace" else ("name", "namespace"))
        assert found.located_by == "name"

    @EVERY
    def test_every_object_of_a_resource_has_its_name(self, found: Kind):
        item = found.property("name")
        assert item is not None
        assert item.feeds == tuple(f"{child.name}.metadata.name" for child in found.children)


def parameters(item: type) -> dict[str, Any]:
    return dict(inspect.signature(item.__init__).parameters)  # type: ignore[misc]


def lacking(facts: TypeFacts, path: str) -> str | None:
    """The part of ``path`` that the SDK's types do not have, or None."""
    module, _, name = facts.sdk.rpartition(".")
    found = {**inspect.signature(getattr(import_module(module), name)._internal_init).parameters}
    for part in path.split("."):
        if part not in found:
            return part
        below = re.search(r"ForwardRef\('(?:_(\w+)\.(\w+)\.)?(\w+Args)'\)", str(found[part].annotation))
        if below is None:
            return None  # a plain value, or a mapping, whose keys are free
        module = f"pulumi_kubernetes.{below[1]}.{below[2]}" if below[1] else module
        found = parameters(getattr(import_module(module), below[3]))
    return None


@pytest.mark.parametrize("token", sorted(TYPES))
def test_the_sdk_has_every_part_of_every_input_that_facts_name(token):
    facts = TYPES[token]
    named = (*facts.required, *facts.replaces, *facts.refused, *facts.in_place)
    assert {path: lacking(facts, path) for path in named if lacking(facts, path)} == {}


@EVERY
def test_the_sdk_has_every_input_that_is_fed_or_given(found: Kind):
    facts = {child.name: child.facts for child in found.children}
    fed = [feed.partition(".")[::2] for item in found.properties for feed in item.feeds]
    given = [(child.name, path) for child in found.children for path in child.given]
    assert [(name, path) for name, path in (*fed, *given) if lacking(facts[name], path)] == []
