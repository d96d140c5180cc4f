from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowyml_infra.address import Address
from flowyml_infra.diagnostics import Location
from flowyml_infra.errors import GraphError
from flowyml_infra.resources.graph import Graph, closure, find_cycle, stable_order
from flowyml_infra.resources.spec import ResourceSpec
from tests.support.compiled import graphs


def at(name: str) -> Address:
    return Address(f"local.directory.{name}")


def spec(name: str, *after: str, line: int = 1) -> ResourceSpec:
    return ResourceSpec(at(name), {}, tuple(map(at, after)), location=Location("x.yaml", line, 1))


edges_of_any_kind = st.dictionaries(
    st.sampled_from([at(name) for name in "abcdefgh"]), st.lists(st.sampled_from([at(name) for name in "abcdefgh"]))
)


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_everything_comes_after_what_it_depends_on(graph: Graph) -> None:
    seen: set[Address] = set()
    for address, item in graph.specs.items():
        assert seen.issuperset(item.depends_on)
        seen.add(address)


@settings(max_examples=40, deadline=None)
@given(graphs(), st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_that_of_the_declarations(graph: Graph, chance: random.Random) -> None:
    shuffled = list(graph.specs.values())
    chance.shuffle(shuffled)
    assert list(Graph.of(shuffled).specs) == list(graph.specs)


@settings(max_examples=40, deadline=None)
@given(graphs(), st.data())
def test_a_selection_with_its_dependencies_is_closed_and_no_larger_than_needed(
    graph: Graph, data: st.DataObject
) -> None:
    if not graph.specs:
        return
    targets = data.draw(st.sets(st.sampled_from(list(graph.specs))))
    selected = graph.with_dependencies(targets)
    assert selected >= targets
    assert all(selected.issuperset(graph.specs[address].depends_on) for address in selected)
    assert graph.with_dependencies(selected) == selected
    for address in selected - targets:
        assert any(address in graph.specs[other].depends_on for other in selected)


@given(edges_of_any_kind)
def test_there_is_an_order_exactly_where_there_is_no_cycle(edges: dict[Address, list[Address]]) -> None:
    cycle = find_cycle(edges)
    if not cycle:
        order = stable_order(edges)
        assert sorted(order) == sorted(edges)
        return
    assert cycle[0] == cycle[-1]
    assert all(following in edges[address] for address, following in pairwise(cycle))
    with pytest.raises(GraphError) as caught:
        stable_order(edges)
    assert " -> ".join(cycle) in caught.value.message


@given(edges_of_any_kind, st.sets(st.sampled_from([at(name) for name in "abcdefgh"])))
def test_a_closure_is_closed(edges: dict[Address, list[Address]], start: set[Address]) -> None:
    reached = closure(start, edges)
    assert reached >= start
    assert all(reached.issuperset(edges.get(address, ())) for address in reached)


def problems(*specs: ResourceSpec) -> list[tuple[str, str, str | None]]:
    with pytest.raises(GraphError) as caught:
        Graph.of(specs)
    return [(str(item.location), item.summary, item.hint) for item in caught.value.diagnostics]


def test_a_cycle_is_named_with_its_place() -> None:
    assert problems(spec("a", "b", line=3), spec("b", "c"), spec("c", "a"), spec("d", "a")) == [
        (
            "x.yaml:3:1",
            f"these resources depend on each other: {' -> '.join(map(at, 'abca'))}",
            "remove one of these dependencies",
        )
    ]


def test_a_resource_that_depends_on_itself_is_a_cycle() -> None:
    assert "local.directory.a -> local.directory.a" in problems(spec("a", "a"))[0][1]


def test_every_dangling_edge_and_double_address_is_named_at_once() -> None:
    assert problems(spec("store", line=2), spec("b", "stroe", "nowhere-near", line=7), spec("store", line=9)) == [
        ("x.yaml:9:1", "local.directory.store is declared twice", None),
        (
            "x.yaml:7:1",
            "local.directory.b depends on local.directory.stroe, which is not there",
            "did you mean 'local.directory.store'?",
        ),
        (
            "x.yaml:7:1",
            "local.directory.b depends on local.directory.nowhere-near, which is not there",
            "did you mean 'local.directory.store'?",
        ),
    ]


def test_a_chain_of_ten_thousand_has_an_order() -> None:
    chain = [spec(f"a{number}", *([f"a{number + 1}"] if number < 9_999 else [])) for number in range(10_000)]
    assert next(iter(Graph.of(chain).specs)) == at("a9999")
