from __future__ import annotations

from dataclasses import replace

import pytest

from flowyml_infra.errors import GraphError, OutputError, PlanError
from flowyml_infra.plan.changes import Create, Delete, NoOp, Replace, Update
from flowyml_infra.plan.document import change_document, plan_document
from flowyml_infra.resources.spec import Lifecycle
from flowyml_infra.resources.values import Reference, Template, Unknown, Variable
from flowyml_infra.state.row import Status
from tests.support.planning import address, compiled, spec


def only(plan):
    (change,) = plan.changes
    return change


def set_status(bed, name, status):
    (key,) = [key for key in bed.store.rows if key[0].name == name]
    bed.store.rows[key] = replace(bed.store.rows[key], status=status)


def test_what_is_not_recorded_is_created(bed):
    change = only(bed.plan(compiled(spec("a", {"input": "1"}))))
    assert isinstance(change, Create)
    assert change.after["input"] == "1"


def test_what_is_recorded_as_wanted_is_left_alone(bed):
    bed.apply(compiled(spec("a")))
    plan = bed.plan(compiled(spec("a")))
    assert isinstance(only(plan), NoOp)
    assert plan.empty
    assert not plan.has_writes


def test_a_property_that_can_change_in_place_is_updated(bed):
    bed.apply(compiled(spec("a", {"input": "1"})))
    change = only(bed.plan(compiled(spec("a", {"input": "2"}))))
    assert isinstance(change, Update)
    assert [(item.path, item.before, item.after) for item in change.fields] == [("input", "1", "2")]


def test_a_property_that_cannot_is_replaced_with_the_reason(bed):
    bed.apply(compiled(spec("a", {"trigger": "1"})))
    change = only(bed.plan(compiled(spec("a", {"trigger": "2"}))))
    assert isinstance(change, Replace)
    assert change.reasons == ("trigger cannot change in place",)
    assert change.order == "delete_first"


def test_what_is_no_longer_wanted_is_deleted(bed):
    bed.apply(compiled(spec("a"), spec("b")))
    assert bed.actions(compiled(spec("a"))) == {"a": "noop", "b": "delete"}


def test_destroy_deletes_everything_dependents_first(bed):
    definition = compiled(spec("a"), spec("b", after=("a",)), spec("c", after=("b",)))
    bed.apply(definition)
    plan = bed.plan(definition, destroy=True)
    assert [change.address.name for change in plan.changes] == ["c", "b", "a"]
    assert all(isinstance(change, Delete) for change in plan.changes)


def test_retained_resources_are_forgotten(bed):
    bed.apply(compiled(spec("a", lifecycle=Lifecycle(on_destroy="retain"))))
    assert bed.actions(compiled()) == {"a": "forget"}


def test_an_output_is_unknown_until_its_resource_is_made(bed):
    reference = Reference(address("a"), "id")
    plan = bed.plan(compiled(spec("a"), spec("b", {"input": reference})))
    assert plan.changes[1].after["input"] == Unknown("string")
    assert change_document(plan.changes[1])["after_unknown"] == ["input"]


def test_an_output_stays_known_when_an_update_does_not_touch_it(bed):
    def definition(value):
        return compiled(spec("a", {"input": value}), spec("b", {"input": Reference(address("a"), "id")}))

    bed.apply(definition("1"))
    assert bed.actions(definition("2")) == {"a": "update", "b": "noop"}


def test_an_output_becomes_unknown_when_an_update_touches_what_it_follows(bed):
    def definition(value):
        return compiled(spec("a", {"input": value}), spec("b", {"input": Reference(address("a"), "output")}))

    bed.apply(definition("1"))
    assert bed.actions(definition("2")) == {"a": "update", "b": "update"}


def test_a_replaced_dependency_replaces_what_is_made_from_its_id(bed):
    def definition(value):
        return compiled(spec("a", {"trigger": value}), spec("b", {"trigger": Reference(address("a"), "id")}))

    bed.apply(definition("1"))
    assert bed.actions(definition("2")) == {"a": "replace", "b": "replace"}


def test_replace_can_be_asked_for(bed):
    definition = compiled(spec("a"), spec("b"))
    bed.apply(definition)
    plan = bed.plan(definition, replace=(address("a"),))
    assert {change.address.name: change.action for change in plan.changes} == {"a": "replace", "b": "noop"}
    assert "--replace asks for it" in plan.changes[1].reasons


@pytest.mark.parametrize("option", ["targets", "replace", "excludes"])
def test_an_address_that_names_nothing_is_refused_with_the_nearest(bed, option):
    with pytest.raises(PlanError, match="no such resource") as caught:
        bed.plan(compiled(spec("bucket")), **{option: (address("buckte"),)})
    assert "local.data.bucket" in caught.value.hint


def test_a_target_brings_what_it_depends_on_and_nothing_else(bed):
    definition = compiled(spec("a"), spec("b", after=("a",)), spec("c"), spec("d", after=("b",)))
    plan = bed.plan(definition, targets=(address("b"),))
    assert [change.address.name for change in plan.changes] == ["a", "b"]
    assert all(change.targeted for change in plan.changes)


def test_a_target_of_a_destroy_brings_what_depends_on_it(bed):
    definition = compiled(spec("a"), spec("b", after=("a",)), spec("c"))
    bed.apply(definition)
    plan = bed.plan(definition, destroy=True, targets=(address("a"),))
    assert [change.address.name for change in plan.changes] == ["b", "a"]


def test_an_exclusion_takes_its_dependents_along(bed):
    definition = compiled(spec("a"), spec("b", after=("a",)), spec("c"))
    assert set(bed.actions(definition, excludes=(address("a"),))) == {"c"}


def test_a_move_keeps_the_thing(bed):
    bed.apply(compiled(spec("old", {"input": "1"})))
    definition = compiled(spec("new", {"input": "1"}), moved=((address("old"), address("new")),))
    plan = bed.plan(definition)
    assert isinstance(only(plan), NoOp)
    assert only(plan).previous_address == address("old")
    assert not plan.empty
    bed.carry_out(plan)
    assert bed.world.calls == [("create", address("old"))]
    assert [key[0] for key in bed.store.rows] == [address("new")]
    assert bed.plan(definition).empty


def test_a_move_and_a_change_are_one_update(bed):
    bed.apply(compiled(spec("old", {"input": "1"})))
    plan = bed.plan(compiled(spec("new", {"input": "2"}), moved=((address("old"), address("new")),)))
    assert isinstance(only(plan), Update)
    assert change_document(only(plan))["previous_address"] == "local.data.old"


def test_moves_chain(bed):
    bed.apply(compiled(spec("a")))
    moved = ((address("a"), address("b")), (address("b"), address("c")))
    plan = bed.plan(compiled(spec("c"), moved=moved))
    assert (only(plan).address.name, only(plan).previous_address) == ("c", address("a"))


def test_a_move_of_an_interrupted_creation_moves_its_row(bed):
    bed.apply(compiled(spec("old")))
    set_status(bed, "old", Status.CREATING)
    definition = compiled(spec("new"), moved=((address("old"), address("new")),))
    bed.apply(definition)
    assert [key[0].name for key in bed.store.rows] == ["new"]
    assert len(bed.world.things) == 1
    assert bed.plan(definition).empty


@pytest.mark.parametrize(
    ("names", "moved", "message"),
    [
        (("old", "new"), ("old", "new"), "still declared"),
        (("other",), ("old", "new"), "declared nowhere"),
    ],
)
def test_a_move_that_makes_no_sense_is_refused(bed, names, moved, message):
    bed.apply(compiled(spec("old")))
    pairs = ((address(moved[0]), address(moved[1])),)
    with pytest.raises(PlanError, match=message):
        bed.plan(compiled(*(spec(name) for name in names), moved=pairs))


def test_a_move_cannot_change_the_kind(bed):
    bed.apply(compiled(spec("old")))
    target = spec("new", {"path": "x"}, kind="named")
    with pytest.raises(PlanError, match="kinds differ"):
        bed.plan(compiled(target, moved=((address("old"), target.address),)))


def test_protected_resources_are_named_all_at_once(bed):
    keep = Lifecycle(protect=True)
    bed.apply(compiled(spec("a", {"trigger": "1"}, lifecycle=keep), spec("b", lifecycle=keep)))
    with pytest.raises(PlanError, match="2 protected resources") as caught:
        bed.plan(compiled(spec("a", {"trigger": "2"}, lifecycle=keep)))
    assert [item.address for item in caught.value.diagnostics] == [address("a"), address("b")]


def test_protection_of_an_environment_covers_everything(bed):
    bed.apply(compiled(spec("a")))
    with pytest.raises(PlanError, match="protected"):
        bed.plan(compiled(protected=True))


def test_unprotecting_first_allows_the_deletion(bed):
    bed.apply(compiled(spec("a", lifecycle=Lifecycle(protect=True))))
    definition = compiled(spec("a"))
    plan = bed.plan(definition)
    assert plan.empty
    assert plan.has_writes
    bed.carry_out(plan)
    assert bed.actions(compiled()) == {"a": "delete"}


def test_ignored_changes_are_neither_planned_nor_applied(bed):
    ignoring = Lifecycle(ignore_changes=("input",))
    bed.apply(compiled(spec("a", {"input": "1"}, lifecycle=ignoring)))
    assert bed.actions(compiled(spec("a", {"input": "2"}, lifecycle=ignoring))) == {"a": "noop"}
    bed.apply(compiled(spec("a", {"input": "2", "labels": {"x": "y"}}, lifecycle=ignoring)))
    (thing,) = bed.world.things.values()
    assert thing.properties["input"] == "1"
    assert thing.properties["labels"] == {"x": "y"}


def test_create_before_destroy_keeps_both_for_a_while(bed):
    first = Lifecycle(create_before_destroy=True)
    bed.apply(compiled(spec("a", {"path": "one"}, kind="named", lifecycle=first)))
    bed.apply(compiled(spec("a", {"path": "two"}, kind="named", lifecycle=first)))
    assert [call for call, _ in bed.world.calls] == ["create", "create", "delete"]
    assert [generation for _, generation in bed.store.rows] == [2]


def test_two_things_of_one_name_cannot_exist_side_by_side(bed):
    first = Lifecycle(create_before_destroy=True)
    bed.apply(compiled(spec("a", {"path": "one", "size": 1}, kind="named", lifecycle=first)))
    change = only(bed.plan(compiled(spec("a", {"path": "one", "size": 2}, kind="named", lifecycle=first))))
    assert change.order == "delete_first"
    assert any("path stays" in reason for reason in change.reasons)


@pytest.mark.parametrize(
    ("status", "action", "word"),
    [
        (Status.CREATING, "create", "looked up first"),
        (Status.UPDATING, "update", "repeated"),
        (Status.DELETING, "replace", "finished first"),
    ],
)
def test_what_a_crash_left_open_is_named(bed, status, action, word):
    definition = compiled(spec("a"))
    bed.apply(definition)
    set_status(bed, "a", status)
    change = only(bed.plan(definition))
    assert change.action == action
    assert word in " ".join(change.reasons)


def test_a_missing_sensitive_variable_is_named(bed):
    with pytest.raises(OutputError, match="DB_PASSWORD"):
        bed.plan(compiled(spec("a", {"token": Variable("DB_PASSWORD")})))


def test_a_secret_shows_that_it_changes_and_never_what_it_is(bed):
    definition = compiled(spec("a", {"token": Variable("DB_PASSWORD")}))
    bed.variables["DB_PASSWORD"] = "hunter2"
    bed.apply(definition)
    assert bed.plan(definition).empty
    bed.variables["DB_PASSWORD"] = "hunter3"
    plan = bed.plan(definition)
    document = plan_document(plan, {})
    assert document["changes"][0]["fields"] == [
        {"path": "token", "before": "(secret)", "after": "(secret)", "forces_replacement": False}
    ]
    assert document["changes"][0]["sensitive"] == ["token"]
    assert "hunter" not in repr(document)
    assert "hunter" not in repr(plan)


def test_a_cycle_between_moves_of_the_graph_is_named():
    with pytest.raises(GraphError, match="local.data.a -> local.data.b -> local.data.a"):
        compiled(spec("a", after=("b",)), spec("b", after=("a",)))


def test_a_stack_with_a_secret_output_plans_empty_after_its_apply(bed):
    bed.variables["TOKEN"] = "hunter2"
    definition = compiled(spec("a"), outputs={"metadata_store": {"uri": Template(("db://", Variable("TOKEN")))}})
    bed.apply(definition)
    plan = bed.plan(definition)
    assert plan.empty
    bed.variables["TOKEN"] = "hunter3"
    changed = bed.plan(definition)
    assert not changed.empty
    assert "hunter" not in repr(plan_document(changed, {}))


def test_what_takes_over_a_name_waits_until_it_is_free(bed):
    bed.apply(compiled(spec("old", {"path": "here"}, kind="named"), spec("a", {"path": "one"}, kind="named")))
    bed.world.calls.clear()
    definition = compiled(spec("new", {"path": "here"}, kind="named"), spec("z", {"path": "one"}, kind="named"))
    bed.apply(definition)
    for gone, made in (("old", "new"), ("a", "z")):
        calls = bed.world.calls
        assert calls.index(("delete", address(gone, "named"))) < calls.index(("create", address(made, "named")))


def test_two_that_swap_their_names_still_have_an_order(bed):
    bed.apply(compiled(spec("a", {"path": "one"}, kind="named"), spec("b", {"path": "two"}, kind="named")))
    plan = bed.plan(compiled(spec("a", {"path": "two"}, kind="named"), spec("b", {"path": "one"}, kind="named")))
    assert [change.action for change in plan.changes] == ["replace", "replace"]
    bed.world.calls.clear()
    bed.carry_out(plan)
    assert [call for call, _ in bed.world.calls[:2]] == ["delete", "delete"]
