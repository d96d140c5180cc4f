"""The laws that hold for every pair of definitions, on the in-memory world."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowyml_infra.plan.changes import NoOp, Replace
from flowyml_infra.plan.document import plan_document
from flowyml_infra.plan.steps import split
from flowyml_infra.resources.spec import Lifecycle
from flowyml_infra.resources.values import Reference
from tests.support.planning import Bed, address, compiled, spec

NAMES = [f"r{index}" for index in range(7)]
LAWS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def definitions(draw):
    specs = []
    for index, name in enumerate(NAMES):
        if not draw(st.booleans()):
            continue
        earlier = [item.address.name for item in specs]
        after = tuple(draw(st.lists(st.sampled_from(earlier), unique=True, max_size=2))) if earlier else ()
        properties = {"trigger": draw(st.sampled_from([None, "x", "y"])), "input": draw(st.sampled_from(["1", "2"]))}
        if earlier and draw(st.booleans()):
            output = draw(st.sampled_from(["id", "output"]))
            field = draw(st.sampled_from(["input", "trigger"]))
            properties[field] = Reference(address(draw(st.sampled_from(earlier))), output)
        lifecycle = Lifecycle(create_before_destroy=draw(st.booleans()))
        specs.append(spec(name, properties, after=after, lifecycle=lifecycle))
        del index
    return compiled(*specs)


def things(bed):
    """What exists, by what it is and not by its id."""
    return sorted((thing.address, json.dumps(bed_free(bed, thing.properties))) for thing in bed.world.things.values())


def bed_free(bed, properties):
    ids = {key: str(thing.address) for key, thing in bed.world.things.items()}
    return {name: ids.get(value, value) if isinstance(value, str) else value for name, value in properties.items()}


@LAWS
@given(definitions(), definitions())
def test_after_an_apply_the_next_plan_is_empty(one, other):
    bed = Bed()
    for definition in (one, other):
        bed.apply(definition)
        plan = bed.plan(definition)
        assert plan.empty, plan.changes
        assert not plan.has_writes
        assert sorted(t.address for t in bed.world.things.values()) == sorted(definition.graph.specs)


@LAWS
@given(definitions(), definitions())
def test_there_and_back_again_restores(one, other):
    bed = Bed()
    bed.apply(one)
    before = things(bed)
    bed.apply(other)
    bed.apply(one)
    assert things(bed) == before


@LAWS
@given(definitions(), definitions())
def test_every_step_comes_after_what_it_waits_for(one, other):
    bed = Bed()
    bed.apply(one)
    bed.world.calls.clear()
    plan = bed.plan(other)
    done = set()
    for step in split(plan.changes):
        assert set(step.after) <= done, (step, done)
        done.add(step.key)


@LAWS
@given(definitions(), definitions())
def test_dependencies_are_made_before_and_removed_after(one, other):
    bed = Bed()
    bed.apply(one)
    recorded = {row.address: row.dependencies for row in bed.store.rows.values()}
    bed.world.calls.clear()
    plan = bed.plan(other)
    bed.carry_out(plan)
    calls = bed.world.calls
    for address_, dependencies in ((item.address, item.depends_on) for item in other.graph.specs.values()):
        made = [i for i, call in enumerate(calls) if call[1] == address_ and call[0] in ("create", "update")]
        for dependency in dependencies:
            before = [i for i, call in enumerate(calls) if call[1] == dependency and call[0] in ("create", "update")]
            assert not made or not before or max(before) < min(made)
    replaced_first = {c.address for c in plan.changes if isinstance(c, Replace) and c.order == "create_first"}
    for address_, dependencies in recorded.items():
        gone = [i for i, call in enumerate(calls) if call == ("delete", address_)]
        for dependency in dependencies:
            later = [i for i, call in enumerate(calls) if call == ("delete", dependency)]
            if gone and later and address_ not in replaced_first:
                assert max(gone) < min(later)


@LAWS
@given(definitions(), definitions(), st.data())
def test_targets_take_what_they_depend_on(one, other, data):
    bed = Bed()
    bed.apply(one)
    candidates = sorted({*one.graph.specs, *other.graph.specs})
    if not candidates:
        return
    target = data.draw(st.sampled_from(candidates))
    plan = bed.plan(other, targets=(target,))
    chosen = {change.address for change in plan.changes}
    assert target in chosen
    if target in other.graph.specs:
        assert other.graph.with_dependencies([target]) <= chosen
    bed.carry_out(plan)
    if target not in other.graph.specs:
        return
    again = bed.plan(other, targets=(target,))
    assert all(isinstance(change, NoOp) for change in again.changes if change.address in other.graph.specs)


@LAWS
@given(definitions(), definitions())
def test_the_document_is_json_and_round_trips(one, other):
    bed = Bed()
    bed.apply(one)
    document = plan_document(bed.plan(other), {"decision": "allow", "findings": []})
    assert json.loads(json.dumps(document)) == document


@LAWS
@given(definitions(), definitions())
def test_a_plan_made_again_from_the_same_is_the_same(one, other):
    bed = Bed()
    bed.apply(one)
    bed.store.lineage = "lineage"
    assert bed.plan(other).digest == bed.plan(other).digest


@LAWS
@given(definitions())
def test_destroy_leaves_nothing(definition):
    bed = Bed()
    bed.apply(definition)
    bed.apply(definition, destroy=True)
    assert not bed.world.things
    assert not bed.store.rows
