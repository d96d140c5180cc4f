"""What a plan could not know is decided before the resource concerned is touched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flowyml_infra.apply.applying import Workplace, carry_out
from flowyml_infra.errors import PartialApplyError
from flowyml_infra.plan.digest import plan_digest
from flowyml_infra.policy.gate import Gate
from flowyml_infra.policy.policy_set import Entry, PolicySet
from flowyml_infra.policy.rules.rule import Rule, is_known, undecided, violated
from flowyml_infra.resources import catalogue
from flowyml_infra.resources.values import Reference
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
