"""What a plan could not know is decided before the resource concerned is touched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flowyml_infra.apply.applying import Workplace, carry_out
from flowyml_infra.errors import PartialApplyError, PolicyDeniedError
from flowyml_infra.plan.digest import plan_digest
from flowyml_infra.policy.gate import Gate
from flowyml_infra.policy.late import guard_of
from flowyml_infra.policy.policy_set import Entry, PolicySet
from flowyml_infra.policy.rules.rule import Rule, is_known, undecided, violated
from flowyml_infra.policy.subject import PlannedChange, PolicySubject
from flowyml_infra.resources import catalogue
from flowyml_infra.resources.values import Reference, Unknown
from flowyml_infra.state.row import Status
from tests.support.kinds import DATA
from tests.support.planning import KEY, Bed, address, compiled, spec


@pytest.fixture(autouse=True)
def data_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(catalogue.KINDS, DATA.id, DATA)


def read(options):
    return None


def judge(subject, accepted):
    for change in subject.resources():
        value = change.after.get("input")
        if value is None:
            continue
        if not is_known(value):
            yield undecided(change, "input", value)
        elif value not in accepted:
            yield violated(f"input is {value!r}", change.address, "choose another")


def judge_number(subject, most):
    there = [change for change in subject.footprint() if change.after.get("input") is not None]
    if any(not is_known(change.after["input"]) for change in there):
        for change in there:
            if not is_known(change.after["input"]):
                yield undecided(change, "input", change.after["input"])
    if len({change.after["input"] for change in there if is_known(change.after["input"])}) > most:
        yield violated("too many different inputs")


def policies(judge=judge, setting=(), **rule):
    return PolicySet((Entry("inputs", Rule("inputs", "inputs", read, judge, **rule), setting),), digest="d")


def referring():
    return compiled(
        spec("first"),
        spec("second", {"input": Reference(address("first"), "id")}),
        spec("third", {"input": Reference(address("second"), "id")}),
    )


def approve(bed: Bed, definition, policies):
    plan = bed.plan(definition)
    plan = replace(plan, bindings=replace(plan.bindings, policy_digest=policies.digest))
    plan = replace(plan, digest=plan_digest(plan))
    approved = Gate(policies).approve(plan)
    place = Workplace(bed.store, {"local": bed.world}, Path(), bed.around({}), "tester", lambda: None, stop=bed.stop)
    return approved, place


def made(bed: Bed) -> set[str]:
    return {row.address.name for row in bed.store.snapshot(KEY).rows.values()}


def test_a_plan_with_open_values_is_approved_and_what_they_turn_out_to_be_is_allowed():
    bed = Bed()

    def anything(subject, setting):
        return (item for item in judge(subject, ()) if item.verdict == "unknown")

    approved, place = approve(bed, referring(), policies(anything))
    assert approved.decision.outcome == "pending"
    assert [item.address.name for item in approved.decision.deferred] == ["second", "third"]
    carry_out(approved, place)
    assert made(bed) == {"first", "second", "third"}


def test_a_value_that_turns_out_wrong_stops_its_resource_before_anything_of_it_is_recorded_or_made():
    bed = Bed()
    approved, place = approve(bed, referring(), policies())
    with pytest.raises(PartialApplyError) as caught:
        carry_out(approved, place)
    assert [item.address.name for item in caught.value.result.failed] == ["second"]
    assert [item.name for item in caught.value.result.not_started] == ["third"]
    assert made(bed) == {"first"}
    [problem] = caught.value.diagnostics
    assert problem.code == "policy.denied"
    assert "the change of local.data.second is denied by inputs" in problem.summary
    assert "input is " in problem.detail


def test_a_rule_that_adds_up_is_asked_about_everything_known_by_then():
    bed = Bed()
    approved, place = approve(bed, referring(), policies(judge_number, 1, whole=True))
    with pytest.raises(PartialApplyError):
        carry_out(approved, place)
    assert made(bed) == {"first", "second"}


def test_a_value_that_stays_open_allows_nothing():
    bed = Bed()

    def never(subject, setting):
        there = (change for change in subject.resources() if change.after["input"] is not None)
        yield from (undecided(change, "input", change.after["input"]) for change in there)

    approved, place = approve(bed, referring(), policies(never))
    with pytest.raises(PartialApplyError) as caught:
        carry_out(approved, place)
    assert caught.value.result.failed


class TestMakingWay:
    """A replacement that deletes first must not find out afterwards that its successor is denied."""

    def refused(self, policies):
        """``kept`` is to be replaced, with a value that only the apply gives, and is left alone."""
        bed = Bed()
        old = compiled(spec("kept", {"trigger": "1"}))
        bed.apply(old)
        reference = Reference(address("new"), "id")
        wanted = compiled(spec("new"), spec("kept", {"trigger": "2", "input": reference}))
        [before] = [row.creation_id for row in bed.store.snapshot(KEY).rows.values()]
        approved, place = approve(bed, wanted, policies)
        with pytest.raises(PartialApplyError) as caught:
            carry_out(approved, place)
        rows = {row.address.name: row for row in bed.store.snapshot(KEY).rows.values()}
        assert rows["kept"].creation_id == before
        assert before in bed.world.made
        return caught.value.diagnostics

    def test_nothing_is_deleted_to_make_way_for_what_may_be_denied(self):
        [problem] = self.refused(policies())
        assert problem.code == "policy.undecided"
        assert "would be deleted before it is known" in problem.summary

    def test_nor_where_a_rule_of_another_package_has_not_said_that_it_waits(self):
        def late(subject, setting):
            for change in subject.resources():
                if str(change.after["input"]).startswith("thing-"):
                    yield violated("input is no id", change.address)

        [problem] = self.refused(policies(late, version="acme 1/0"))
        assert problem.code == "policy.undecided"

    def test_what_is_known_by_then_and_allowed_is_replaced(self):
        bed = Bed()
        bed.apply(compiled(spec("kept", {"trigger": "1"})))
        approved, place = approve(bed, compiled(spec("kept", {"trigger": "2", "input": "a"})), policies(setting=("a",)))
        assert carry_out(approved, place).result == "succeeded"

    def test_what_was_allowed_before_its_predecessor_went_is_not_denied_after_it(self):
        """What else becomes known in between can only deny itself."""
        kept = PlannedChange(address("kept"), "replace", {"input": Unknown()})
        other = PlannedChange(address("other"), "create", {"input": Unknown()})
        guard = guard_of(PolicySubject("demo", changes=(kept, other)), policies(judge_number, 1, whole=True))
        guard(kept.address, {"input": "a"})
        with pytest.raises(PolicyDeniedError):
            guard(other.address, {"input": "b"})
        guard(kept.address, {"input": "a"})


def test_what_an_earlier_replacement_left_behind_does_not_hide_its_successor():
    made = PlannedChange(address("kept"), "create", {"input": Unknown()})
    left = PlannedChange(address("kept"), "delete", {})
    guard = guard_of(PolicySubject("demo", changes=(made, left)), policies())
    with pytest.raises(PolicyDeniedError, match="denied by inputs"):
        guard(made.address, {"input": "b"})


def test_a_value_that_the_plan_knew_and_that_comes_out_otherwise_is_judged_again():
    made = PlannedChange(address("made"), "create", {"input": "a"})
    guard = guard_of(PolicySubject("demo", changes=(made,)), policies(setting=("a", "c")))
    guard(made.address, {"input": "a"})
    guard(made.address, {"input": "c"})
    with pytest.raises(PolicyDeniedError, match="denied by inputs") as caught:
        guard(made.address, {"input": "b"})
    assert caught.value.address == made.address
    assert "input is 'b'" in caught.value.detail


def test_what_an_interrupted_creation_left_is_not_replaced_unseen():
    """The plan says that a creation is completed; what is found may have to be deleted for it all the same."""
    bed = Bed()
    bed.apply(compiled(spec("kept", {"trigger": "1"})))
    [(place, row)] = bed.store.rows.items()
    bed.store.rows[place] = replace(row, status=Status.CREATING)

    def keep(subject, setting):
        for change in subject.changes:
            if change.action == "replace":
                yield violated("it keeps data and would be replaced", change.address)

    approved, workplace = approve(bed, compiled(spec("kept", {"trigger": "2"})), policies(keep))
    assert [change.action for change in approved.plan.changes] == ["create"]
    with pytest.raises(PartialApplyError) as caught:
        carry_out(approved, workplace)
    assert "denied by inputs" in caught.value.diagnostics[0].summary
    assert row.creation_id in bed.world.made
    assert row.address in bed.store.snapshot(KEY).rows
