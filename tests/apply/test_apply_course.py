from __future__ import annotations

import threading

import pytest

from flowyml_infra.errors import (
    ApplyInterruptedError,
    EngineError,
    PartialApplyError,
    PolicyDeniedError,
    StalePlanError,
    StateConflictError,
)
from flowyml_infra.policy.gate import ApprovedPlan
from flowyml_infra.resources.values import Reference, Sealed, Secret, Variable
from tests.support.planning import Bed, address, compiled, spec


@pytest.fixture
def bed() -> Bed:
    return Bed()


def test_independent_resources_are_made_at_the_same_time(bed, monkeypatch):
    barrier = threading.Barrier(4, timeout=20)
    create = bed.world.create
    monkeypatch.setattr(bed.world, "create", lambda *args: (barrier.wait(), create(*args))[1])
    bed.apply(compiled(*(spec(f"r{index}") for index in range(8))), parallelism=4)
    assert len(bed.world.things) == 8


def test_no_more_calls_run_at_once_than_allowed(bed, monkeypatch):
    running, most, lock = 0, 0, threading.Lock()
    create = bed.world.create

    def counted(*args):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        try:
            return create(*args)
        finally:
            with lock:
                running -= 1

    monkeypatch.setattr(bed.world, "create", counted)
    bed.apply(compiled(*(spec(f"r{index}") for index in range(30))), parallelism=3)
    assert 1 <= most <= 3


def test_what_is_ready_together_is_committed_together(bed):
    bed.apply(compiled(*(spec(f"r{index}") for index in range(40))), parallelism=40)
    assert len(bed.store.commits) < 40


def test_a_failure_stops_what_depends_on_it_and_nothing_else(bed):
    definition = compiled(spec("a"), spec("b", after=("a",)), spec("c", after=("b",)), spec("d"))
    bed.world.failing[address("a")] = EngineError("no room", address="local.data.a", hint="make room")
    with pytest.raises(PartialApplyError) as caught:
        bed.apply(definition)
    result = caught.value.result
    assert [item.address.name for item in result.applied] == ["d"]
    assert [item.address.name for item in result.failed] == ["a"]
    assert [item.name for item in result.not_started] == ["b", "c"]
    (problem,) = caught.value.diagnostics
    assert (problem.address, problem.summary, problem.hint) == ("local.data.a", "no room", "make room")


def test_an_engine_fault_is_a_failure_of_its_resource_alone(bed):
    bed.world.failing[address("a")] = ZeroDivisionError("oops, hunter2")
    with pytest.raises(PartialApplyError) as caught:
        bed.apply(compiled(spec("a"), spec("b")))
    assert "ZeroDivisionError" in caught.value.diagnostics[0].summary
    assert "hunter2" not in caught.value.diagnostics[0].summary
    assert not any("hunter2" in str(record.error) for record in bed.store.history_records)
    assert [item.address.name for item in caught.value.result.applied] == ["b"]


def test_a_stopped_apply_finishes_what_is_in_flight_and_says_how_far(bed, monkeypatch):
    create = bed.world.create

    def stopping(*args):
        bed.stop.set()
        return create(*args)

    monkeypatch.setattr(bed.world, "create", stopping)
    with pytest.raises(ApplyInterruptedError, match="stopped after 1 of 3") as caught:
        bed.apply(compiled(spec("a"), spec("b"), spec("c")), parallelism=1)
    assert len(caught.value.result.not_started) == 2
    assert {row.status for row in bed.store.rows.values()} == {"created"}


def test_a_lost_lease_writes_nothing_and_starts_nothing(bed, monkeypatch):
    create = bed.world.create

    def losing(*args):
        made = create(*args)
        bed.store.lost = True
        return made

    monkeypatch.setattr(bed.world, "create", losing)
    with pytest.raises(PartialApplyError) as caught:
        bed.apply(compiled(spec("a"), spec("b", after=("a",))), parallelism=1)
    assert isinstance(caught.value.__cause__, StateConflictError)
    assert caught.value.result.result == "partial"
    assert caught.value.result.not_started == (address("a"), address("b"))
    assert bed.world.calls == [("create", address("a"))]
    assert {row.status for row in bed.store.rows.values()} == {"creating"}


def test_only_the_gate_makes_an_approval(bed):
    with pytest.raises(TypeError):
        ApprovedPlan(bed.plan(compiled()), None, "", "")


def test_a_denied_plan_touches_nothing(bed):
    definition = compiled(spec("a"), policies={"allowed_stacks": ["other"]})
    with pytest.raises(PolicyDeniedError):
        bed.apply(definition)
    assert not bed.world.calls
    assert not bed.store.commits


def test_who_watches_may_go_away(bed):
    def gone(_):
        raise BrokenPipeError

    bed.carry_out(bed.plan(compiled(spec("a"), spec("b"))), progress=gone)
    assert len(bed.world.things) == 2
    assert {row.status for row in bed.store.rows.values()} == {"created"}


def test_progress_tells_each_start_and_end_once(bed):
    events = []
    definition = compiled(spec("a", {"trigger": "1"}), spec("b"))
    bed.carry_out(bed.plan(definition), progress=events.append)
    assert sorted((e.address.name, e.phase) for e in events) == [
        ("a", "done"),
        ("a", "started"),
        ("b", "done"),
        ("b", "started"),
    ]
    events.clear()
    bed.carry_out(bed.plan(compiled(spec("a", {"trigger": "2"}), spec("b"))), progress=events.append)
    assert [(e.address.name, e.action, e.phase) for e in events] == [
        ("a", "replace", "started"),
        ("a", "replace", "done"),
    ]


def test_outputs_of_components_are_recorded_and_secret_ones_sealed(bed):
    bed.variables["PASSWORD"] = "hunter2"
    outputs = {
        "artifact_store": {"id": Reference(address("a"), "id")},
        "metadata_store": {"password": Variable("PASSWORD")},
    }
    result = bed.apply(compiled(spec("a"), outputs=outputs))
    (physical_id,) = bed.world.things
    assert result.outputs["artifact_store"] == {"id": physical_id}
    assert isinstance(result.outputs["metadata_store"]["password"], Sealed)
    assert result.to_json()["outputs"]["metadata_store"] == {"password": "(secret)"}


def test_outputs_of_what_failed_stay_as_they_were(bed):
    outputs = {"artifact_store": {"id": Reference(address("a"), "id")}}
    bed.apply(compiled(spec("a"), outputs=outputs))
    before = dict(bed.store.outputs)
    bed.world.failing[address("b")] = EngineError("no", address="local.data.b")
    more = {**outputs, "metadata_store": {"id": Reference(address("b"), "id")}}
    with pytest.raises(PartialApplyError):
        bed.apply(compiled(spec("a"), spec("b"), outputs=more))
    assert bed.store.outputs == before


def test_an_engine_gets_secrets_in_the_clear_and_the_state_never_does(bed):
    bed.variables["TOKEN"] = "hunter2"
    bed.apply(compiled(spec("a", {"token": Variable("TOKEN")})))
    (thing,) = bed.world.things.values()
    assert thing.properties["token"] == Secret("hunter2")
    (row,) = bed.store.rows.values()
    assert isinstance(row.properties["token"], Sealed)


def test_a_sensitive_property_is_sealed_even_when_it_comes_from_a_plain_output(bed):
    definition = compiled(spec("a"), spec("b", {"token": Reference(address("a"), "id")}))
    bed.apply(definition)
    row = bed.store.rows[address("b"), 1]
    assert isinstance(row.properties["token"], Sealed)
    assert bed.plan(definition).empty


def test_an_apply_with_nothing_to_do_takes_no_lease(bed, monkeypatch):
    bed.apply(compiled(spec("a")))
    monkeypatch.setattr(bed.store, "acquire", lambda *args, **kwargs: pytest.fail("a lease was taken"))
    assert bed.apply(compiled(spec("a"))).result == "succeeded"


def test_an_apply_leaves_its_events(bed):
    bed.apply(compiled(spec("a")))
    bed.apply(compiled(spec("a")), destroy=True)
    assert [event.name for event in bed.store.events] == [
        "ApplyStarted",
        "StackApplied",
        "ApplyStarted",
        "StackDestroyed",
    ]


def test_what_only_moves_keeps_its_outputs_and_is_found_by_what_refers_to_it(bed):
    outputs = {"artifact_store": {"uri": Reference(address("old"), "output")}}
    bed.apply(compiled(spec("old", {"input": "here"}), outputs=outputs))
    moved = compiled(
        spec("new", {"input": "here"}),
        spec("user", {"input": Reference(address("new"), "output")}),
        moved=((address("old"), address("new")),),
        outputs={"artifact_store": {"uri": Reference(address("new"), "output")}},
    )
    bed.apply(moved)
    assert bed.store.outputs == {"artifact_store": {"uri": "here"}}
    assert {thing.properties["input"] for thing in bed.world.things.values()} == {"here"}
    assert bed.plan(moved).empty


def test_a_plan_that_fits_the_state_no_more_is_stale_whatever_it_would_run_into(bed):
    bed.apply(compiled(spec("c")))
    plan = bed.plan(compiled(spec("a"), moved=((address("c"), address("a")),)))
    bed.apply(compiled(spec("a"), spec("c")))
    calls = len(bed.world.calls)
    with pytest.raises(StalePlanError, match="changed since it was planned for"):
        bed.carry_out(plan)
    assert len(bed.world.calls) == calls
