from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings

from flowyml_infra.address import Address
from flowyml_infra.diagnostics import Location
from flowyml_infra.resources.compiled import Compiled
from flowyml_infra.resources.compiled_codec import decode_compiled, encode_compiled
from flowyml_infra.resources.graph import Graph
from flowyml_infra.resources.spec import ResourceSpec
from flowyml_infra.resources.values import Secret
from tests.support.compiled import compiled_definitions


def through_json(compiled: Compiled) -> Compiled:
    return decode_compiled(json.loads(json.dumps(encode_compiled(compiled))))


@settings(max_examples=40, deadline=None)
@given(compiled_definitions)
def test_a_compiled_definition_comes_back_as_it_was(compiled: Compiled) -> None:
    back = through_json(compiled)
    assert back == compiled
    assert list(back.graph.specs) == list(compiled.graph.specs), "the order stays"
    for was, now in zip(compiled.graph.specs.values(), back.graph.specs.values(), strict=True):
        # Comparison leaves these fields out.
        assert (now.location, now.digest, now.dynamic) == (was.location, was.digest, was.dynamic)


@settings(max_examples=40, deadline=None)
@given(compiled_definitions)
def test_encoding_changes_nothing(compiled: Compiled) -> None:
    assert encode_compiled(through_json(compiled)) == encode_compiled(compiled)


def small(**changes: Any) -> Compiled:
    first = ResourceSpec(Address("local.directory.a"), {"path": "a"}, location=Location("x.yaml", 3, 1), digest="d1")
    second = ResourceSpec(Address("local.directory.b"), {"path": "b"}, (first.address,), digest="d2")
    base: dict[str, Any] = {item.name: "x" for item in fields(Compiled)}
    base |= {
        "variables": {},
        "secrets": (),
        "labels": {},
        "document": {},
        "outputs": {},
        "moved": (),
        "protected": False,
        "policies": {},
    }
    base |= {"warnings": (), "gaps": (), "imports": (), "removed": ()}
    return Compiled(**{**base, "graph": Graph.of([second, first]), **changes})


def test_a_secret_in_the_clear_is_never_encoded() -> None:
    spec = ResourceSpec(Address("local.directory.a"), {"path": Secret("hush")}, dynamic=True)
    with pytest.raises(TypeError):
        encode_compiled(small(graph=Graph.of([spec])))
    with pytest.raises(TypeError):
        encode_compiled(small(outputs={"artifact_store": {"uri": Secret("hush")}}))


def damaged() -> dict[str, Any]:
    whole = encode_compiled(small())
    graph = whole["graph"]
    assert isinstance(graph, dict)
    return {
        "no object": [],
        "another format": {**whole, "format": 99},
        "no graph": {key: value for key, value in whole.items() if key != "graph"},
        "a spec too few": {**whole, "graph": {**graph, "properties": [{}]}},
        "a digest too many": {**whole, "graph": {**graph, "digests": ["a", "b", "c"]}},
        "the same address twice": {**whole, "graph": {**graph, "addresses": ["local.x.a"] * 2}},
        "a dependency on nothing": {**whole, "graph": {**graph, "depends_on": [[], [7]]}},
        "a component of nothing": {**whole, "graph": {**graph, "components": {"9": "x"}}},
        "a place in no file": {**whole, "graph": {**graph, "locations": [[4, 1, 1], None]}},
        "moves that are none": {**whole, "moved": [["only one"]]},
    }


@pytest.mark.parametrize("name", list(damaged()))
def test_what_was_not_encoded_here_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="compiled definition"):
        decode_compiled(damaged()[name])


def test_what_repeats_is_written_once() -> None:
    specs = [
        ResourceSpec(
            Address(f"local.directory.a{index}"), {"path": "p"}, location=Location("stacks/long.yaml", index, 1)
        )
        for index in range(100)
    ]
    text = json.dumps(encode_compiled(replace(small(), graph=Graph.of(specs))))
    assert text.count("stacks/long.yaml") == 1
