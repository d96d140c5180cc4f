"""What a change does by the facts about a kind: in place, anew, refused; names, children, imports and removals."""

from __future__ import annotations

import pytest

from flowyml_infra.errors import PlanError
from flowyml_infra.plan.document import change_document
from flowyml_infra.resources.compiled import Adoption, Removal
from flowyml_infra.resources.spec import DEFAULT_LIFECYCLE, Lifecycle
from flowyml_infra.resources.values import Reference, Unknown
from tests.support.planning import Bed, address, compiled, spec

FIRST = Lifecycle(create_before_destroy=True)


def fake(properties=None, *, lifecycle=DEFAULT_LIFECYCLE, name="main-1a2b"):
    return spec("it", {"name": name, **(properties or {})}, kind="fake", lifecycle=lifecycle, generated=("name",))


def changed(bed: Bed, before, after, **options):
    bed.apply(compiled(fake(before)))
    (change,) = bed.plan(compiled(fake(after)), **options).changes
    return change


class TestConsequences:
    @pytest.mark.parametrize(
        ("before", "after", "action"),
        [
            ({"size": 10}, {"size": 11}, "update"),
            ({"zone": "z1"}, {"zone": "z2"}, "replace"),
            ({"grade": "plain"}, {"grade": "fine"}, "update"),
            ({"grade": "fine"}, {"grade": "plain"}, "replace"),
            ({"policy": "a"}, {"policy": "b"}, "update"),
            ({"format": "a"}, {"format": "b"}, "update"),
        ],
    )
    def test_an_edit_does_what_the_facts_say(self, bed, before, after, action):
        assert changed(bed, before, after).action == action

    def test_a_conditional_replacement_says_its_reason(self, bed):
        assert changed(bed, {"grade": "fine"}, {"grade": "plain"}).reasons == ("grade cannot go back",)

    def test_what_the_cloud_would_refuse_is_refused_before_anything_is_touched(self, bed):
        bed.apply(compiled(fake({"size": 10})))
        with pytest.raises(PlanError) as caught:
            bed.plan(compiled(fake({"size": 9})))
        assert caught.value.code == "plan.refused_in_place"
        (problem,) = caught.value.diagnostics
        assert problem.summary == "local.fake.it: size cannot shrink"
        assert problem.hint == "make a new one"

    def test_a_replacement_may_have_any_value(self, bed):
        assert changed(bed, {"size": 10}, {"size": 9, "zone": "z2"}).action == "replace"
        bed = Bed()
        assert changed(bed, {"size": 10}, {"size": 9}, replace=(address("it", "fake"),)).action == "replace"


class TestNames:
    def test_what_echoes_a_property_is_known_before_it_is_made(self, bed):
        follower = spec("user", {"input": Reference(address("it", "fake"), "called")})
        changes = {change.address.name: change for change in bed.plan(compiled(fake(), follower)).changes}
        assert changes["user"].after["input"] == "main-1a2b"

    def test_but_not_the_name_of_a_successor_which_may_come_first_after_all(self, bed):
        follower = spec("user", {"input": Reference(address("it", "fake"), "called")}, lifecycle=FIRST)
        bed.apply(compiled(fake(), follower))
        after = compiled(fake({"zone": "z2"}), follower)
        changes = {change.address.name: change for change in bed.plan(after).changes}
        assert isinstance(changes["user"].after["input"], Unknown)
        bed.apply(after)
        assert bed.plan(after).empty

    def test_a_made_up_name_stays_once_it_is_recorded(self, bed):
        bed.apply(compiled(fake()))
        plan = bed.plan(compiled(fake(name="other-9f9f")))
        assert [change.action for change in plan.changes] == ["noop"]
        bed.apply(compiled(fake({"size": 20}, name="other-9f9f")))
        assert [thing.properties["name"] for thing in bed.world.things.values()] == ["main-1a2b"]

    def test_a_successor_that_comes_first_gets_a_name_of_its_own_and_keeps_it(self, bed):
        bed.apply(compiled(fake(lifecycle=FIRST)))
        after = compiled(fake({"zone": "z2"}, lifecycle=FIRST))
        (change,) = bed.plan(after).changes
        assert (change.order, change.after["name"]) == ("create_first", "main-1a2b-g2")
        bed.apply(after)
        assert [thing.properties["name"] for thing in bed.world.things.values()] == ["main-1a2b-g2"]
        assert bed.plan(after).empty
        again = compiled(fake({"zone": "z3"}, lifecycle=FIRST))
        assert bed.plan(again).changes[0].after["name"] == "main-1a2b-g3"

    def test_a_name_that_was_written_is_not_changed_so_the_old_one_goes_first(self, bed):
        def written(**properties):
            return compiled(spec("it", {"name": "mine", **properties}, kind="fake", lifecycle=FIRST))

        bed.apply(written())
        assert bed.plan(written(zone="z2")).changes[0].order == "delete_first"


def children(change) -> dict[str, str]:
    return {item["name"]: item["action"] for item in change_document(change)["children"]}


class TestChildren:
    def test_those_that_are_wanted_are_made(self, bed):
        (change,) = bed.plan(compiled(fake({"policy": "a"}))).changes
        assert children(change) == {"main": "create", "policy": "create", "store": "create"}
        (change,) = bed.plan(compiled(fake())).changes
        assert children(change) == {"main": "create", "store": "create"}

    @pytest.mark.parametrize(
        ("before", "after", "expected"),
        [
            ({"size": 1}, {"size": 2}, {"main": "update", "store": "noop"}),
            ({"policy": "a"}, {"policy": "b"}, {"main": "noop", "policy": "replace", "store": "noop"}),
            ({}, {"policy": "b"}, {"main": "noop", "policy": "create", "store": "noop"}),
            ({"policy": "b"}, {}, {"main": "noop", "policy": "delete", "store": "noop"}),
            ({}, {"zone": "z2"}, {"main": "replace", "store": "replace"}),
        ],
    )
    def test_each_shows_what_becomes_of_it(self, bed, before, after, expected):
        assert children(changed(bed, before, after)) == expected

    def test_one_that_is_replaced_alone_is_a_reason(self, bed):
        change = changed(bed, {"format": "a"}, {"format": "b"})
        assert change.reasons == ("its store is replaced, and keeps data",)

    def test_protection_covers_a_child_that_keeps_data(self, bed):
        kept = Lifecycle(protect=True)
        bed.apply(compiled(fake(lifecycle=kept)))
        with pytest.raises(PlanError, match="protected"):
            bed.plan(compiled(fake({"format": "b"}, lifecycle=kept)))
        assert bed.plan(compiled(fake({"policy": "b"}, lifecycle=kept))).changes[0].action == "update"

    def test_they_go_with_the_resource(self, bed):
        bed.apply(compiled(fake()))
        (change,) = bed.plan(compiled()).changes
        assert children(change) == {"main": "delete", "store": "delete"}


class TestImportsAndRemovals:
    def test_what_is_there_already_is_taken_over_once(self, bed):
        bed.apply(compiled(spec("old", {"input": "kept"})))
        (physical_id,) = bed.world.things
        bed.store = type(bed.store)()
        wanted = compiled(spec("new", {"input": "kept"}), imports=(Adoption(address("new"), physical_id),))
        (change,) = bed.plan(wanted).changes
        assert (change.action, change.reasons) == ("import", (f"it is there already, as {physical_id}",))
        bed.apply(wanted)
        assert list(bed.world.things) == [physical_id]
        assert bed.plan(wanted).empty

    @pytest.mark.parametrize(("destroys", "action", "left"), [(False, "forget", 1), (True, "delete", 0)])
    def test_what_is_no_longer_declared_goes_or_is_forgotten_as_the_definition_says(self, bed, destroys, action, left):
        bed.apply(compiled(spec("a", lifecycle=Lifecycle(on_destroy="retain" if destroys else "delete"))))
        without = compiled(removed=(Removal(address("a"), destroys),))
        assert bed.actions(without) == {"a": action}
        bed.apply(without)
        assert len(bed.world.things) == left
        assert bed.plan(without).empty
