"""Every kind in a cluster: its program makes what the kind says, sets what the kind says, and gives what it says."""

from __future__ import annotations

from typing import Any

import pytest

from flowyml_infra.apply.engines.pulumi.programs import load_program, mark_of
from flowyml_infra.resources.catalogue import every_kind
from tests.programs.harness import CREATION, NAME, Made, camel, inputs_at, make
from tests.programs.kubernetes.cluster import CLUSTER, NEEDED, made

KINDS = sorted(kind.name for kind in every_kind() if kind.provider == "kubernetes")
MORE: dict[str, dict[str, Any]] = {
    "database": {"image": "docker.io/library/postgres:16-alpine", "size": 2048, "storage_class": "fast"},
    "mlflow": {
        "backend_uri": "postgresql://ml@runs.team-a.svc/runs",
        "artifact_uri": "s3://artifacts",
        "artifact_endpoint": "http://store.team-a.svc:8333",
        "artifact_secret": "store",
        "replicas": 2,
    },
    "namespace": {"pod_security": "restricted"},
    "network_policy": {"internet": False, "allow_from": ["team-b"]},
    "object_store": {"size": 5, "storage_class": "fast"},
    "quota": {"cpu": "8", "memory": "32Gi", "gpu": 2, "storage": "1Ti"},
    "registry_secret": {},
    "secret": {"value": "sesame"},
    "service_account": {"annotations": {"iam.example/role": "ml"}, "image_pull_secrets": ["ghcr"]},
    "volume": {"access_mode": "ReadWriteMany", "storage_class": "fast"},
}
CASES = [(kind, {}) for kind in KINDS] + [(kind, MORE[kind]) for kind in KINDS]
EVERY = pytest.mark.parametrize(
    ("kind", "properties"), CASES, ids=[f"{kind}-{'more' if more else 'plain'}" for kind, more in CASES]
)
ENVELOPE = {"apiVersion", "kind"}
"""What the SDK itself writes into every object."""


def outside(made: Made) -> list[tuple[str, str]]:
    """Child and input of what the kind says that its properties and its program set."""
    fed = [
        tuple(feed.split(".", 1))
        for item in made.kind.properties
        if made.properties.get(item.name) not in (None, "", [], {})
        for feed in item.feeds
    ]
    return [*fed, *((child.name, path) for child in made.kind.children for path in child.given)]  # type: ignore[list-item]


def test_every_kind_has_a_program() -> None:
    assert sorted(load_program("kubernetes").KINDS) == KINDS


@EVERY
def test_it_makes_the_children_of_its_kind(kind: str, properties: dict[str, Any]) -> None:
    found = made(kind, **properties)
    assert sorted(thing.type for thing in found.things) == sorted(child.facts.token for child in found.children())


@EVERY
def test_what_feeds_an_input_sets_it(kind: str, properties: dict[str, Any]) -> None:
    found = made(kind, **properties)
    tokens = {child.name: child.facts.token for child in found.children()}
    # Without a value there is nothing that the name of the entry could be set for.
    empty = kind == "secret" and not properties
    for child, path in outside(found):
        if child in tokens and not empty:
            assert any(inputs_at(thing, path) for thing in found.all(tokens[child])), f"{child}.{path}"


@EVERY
def test_no_input_is_set_that_the_kind_does_not_speak_of(kind: str, properties: dict[str, Any]) -> None:
    found = made(kind, **properties)
    every = [tuple(feed.split(".", 1)) for item in found.kind.properties for feed in item.feeds]
    every += [(child.name, path) for child in found.kind.children for path in child.given]
    for child in found.children():
        spoken = {camel(path.partition(".")[0]) for name, path in every if name == child.name}
        for thing in found.all(child.facts.token):
            assert set(thing.inputs) - ENVELOPE <= spoken


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


@EVERY
def test_every_object_has_a_name_and_says_whose_it_is(kind: str, properties: dict[str, Any]) -> None:
    found = made(kind, labels={"team": "ml"}, **properties)
    for thing in found.things:
        metadata = thing.inputs["metadata"]
        assert metadata["name"] == found.properties["name"]
        assert metadata.get("namespace") == found.properties.get("namespace")
        assert metadata["labels"].items() >= {"team": "ml", "flowyml-infra/creation": CREATION}.items()
        assert mark_of(thing.type, thing.inputs) == CREATION
        annotations = thing.inputs["metadata"]["annotations"]
        assert annotations["pulumi.com/patchFieldManager"] == "flowyml-infra"
        assert annotations["pulumi.com/patchForce"] == "true"


@EVERY
def test_the_id_of_every_object_follows_from_its_inputs(kind: str, properties: dict[str, Any]) -> None:
    found = made(kind, **properties)
    ids = load_program("kubernetes").IDS
    expected = "/".join(str(found.properties[part]) for part in ("namespace", "name") if part in found.properties)
    assert {ids[thing.type](thing.inputs) for thing in found.things} == {expected}


@EVERY
def test_a_preview_that_knows_nothing_goes_through(kind: str, properties: dict[str, Any]) -> None:
    plain = made(kind, **properties)
    told = {item.name for item in plain.kind.properties if item.type in ("boolean", "mapping")}
    unknown = tuple(
        name for name, value in plain.properties.items() if name not in told and value not in (None, "", [])
    )
    seen = make(CLUSTER, kind, unknown=unknown, **{**NEEDED.get(kind, {}), **properties})
    assert {thing.type for thing in seen.things} == {thing.type for thing in plain.things}


def test_the_types_that_are_used_are_those_with_an_id() -> None:
    used = {child.facts.token for kind in every_kind() if kind.provider == "kubernetes" for child in kind.children}
    assert set(load_program("kubernetes").IDS) == used
