"""A process that dies at any commit, or in the middle of any engine call, leaves what the next apply can finish."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowyml_infra.errors import EngineError, EngineRefusedError
from flowyml_infra.plan.changes import NoOp
from flowyml_infra.resources.spec import Lifecycle
from flowyml_infra.resources.values import Reference
from tests.support.planning import Bed, address, compiled, spec


class Killed(BaseException):
    """Stands for the end of the process: nothing in the library may catch it."""


FIRST = Lifecycle(create_before_destroy=True)
BEFORE = compiled(
    spec("kept"),
    spec("updated", {"input": "1"}),
    spec("replaced", {"trigger": "1"}, after=("kept",)),
    spec("swapped", {"trigger": "1"}, lifecycle=FIRST),
    spec("deleted", after=("replaced",)),
    spec("old", {"input": "1"}),
)
AFTER = compiled(
    spec("kept"),
    spec("updated", {"input": "2"}),
    spec("replaced", {"trigger": "2"}, after=("kept",)),
    spec("swapped", {"trigger": "2"}, lifecycle=FIRST),
    spec("created", {"input": Reference(address("replaced"), "id")}),
    spec("new", {"input": "1"}),
    moved=((address("old"), address("new")),),
)


def applied_before() -> Bed:
    bed = Bed()
    bed.apply(BEFORE, parallelism=1)
    bed.store.commits.clear()
    return bed


def die_at_commit(bed: Bed, number: int, *, after: bool) -> None:
    """End the process at the commit with this number, just before or just after it."""
    count = 0

    def hook(_writes):
        nonlocal count
        if count == number:
            raise Killed
        count += 1

    def late(writes):
        nonlocal count
        if count == number + 1:
            raise Killed
        count += 1

    bed.store.before_commit = late if after else hook


def converge(bed: Bed, definition) -> None:
    bed.store.before_commit = lambda writes: None
    bed.world.failing.clear()
    bed.apply(definition)


def check_ledgers_agree(bed: Bed, definition) -> None:
    """Nothing lost, nothing twice, nothing unrecorded."""
    recorded = {row.creation_id for row in bed.store.rows.values()}
    existing = [thing.creation_id for thing in bed.world.things.values()]
    assert sorted(existing) == sorted(recorded)
    assert sorted(row.address for row in bed.store.rows.values()) == sorted(definition.graph.specs)
    assert {row.status for row in bed.store.rows.values()} == {"created"}
    plan = bed.plan(definition)
    assert all(isinstance(change, NoOp) for change in plan.changes)


def number_of_commits() -> int:
    bed = applied_before()
    bed.apply(AFTER, parallelism=1)
    return len(bed.store.commits)


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_every_commit_is_finished_by_the_next_apply(after):
    total = number_of_commits()
    assert total >= 10
    for number in range(total):
        bed = applied_before()
        die_at_commit(bed, number, after=after)
        with pytest.raises(Killed):
            bed.apply(AFTER, parallelism=1)
            raise Killed
        converge(bed, AFTER)
        check_ledgers_agree(bed, AFTER)


def test_a_kill_at_every_commit_can_also_be_undone():
    total = number_of_commits()
    for number in range(total):
        bed = applied_before()
        die_at_commit(bed, number, after=False)
        with pytest.raises(Killed):
            bed.apply(AFTER, parallelism=1)
        back = compiled(*BEFORE.graph.specs.values(), moved=((address("new"), address("old")),))
        converge(bed, back)
        check_ledgers_agree(bed, BEFORE)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(sorted({*BEFORE.graph.specs, *AFTER.graph.specs})), st.booleans())))
def test_an_engine_that_fails_here_and_there_converges_in_one_more_apply(failures):
    bed = applied_before()
    for where, refused in failures:
        kind = EngineRefusedError if refused else EngineError
        bed.world.failing[where] = kind("the world says no", address=where)
    try:
        bed.apply(AFTER)
    except Exception as error:
        assert type(error).__name__ == "PartialApplyError"
    converge(bed, AFTER)
    check_ledgers_agree(bed, AFTER)


def test_an_intent_is_recorded_before_its_call(monkeypatch):
    bed = Bed()
    seen = []
    create = bed.world.create

    def watch(subject, context):
        statuses = {row.creation_id: row.status for row in bed.store.rows.values()}
        seen.append(statuses.get(subject.creation_id))
        return create(subject, context)

    monkeypatch.setattr(bed.world, "create", watch)
    bed.apply(compiled(*(spec(f"r{index}") for index in range(20))))
    assert seen == ["creating"] * 20


def test_an_interrupted_creation_is_adopted_when_it_is_there():
    bed = Bed()
    die_at_commit(bed, 1, after=False)
    with pytest.raises(Killed):
        bed.apply(compiled(spec("a")))
    assert len(bed.world.things) == 1
    bed.world.calls.clear()
    converge(bed, compiled(spec("a")))
    assert bed.world.calls == [("locate", address("a"))]


def test_an_adopted_creation_is_brought_to_the_definition_of_today():
    bed = Bed()
    die_at_commit(bed, 1, after=False)
    with pytest.raises(Killed):
        bed.apply(compiled(spec("a", {"input": "1"})))
    definition = compiled(spec("a", {"input": "2"}))
    converge(bed, definition)
    check_ledgers_agree(bed, definition)
    assert [thing.properties["input"] for thing in bed.world.things.values()] == ["2"]


def test_an_adopted_creation_that_cannot_be_changed_is_replaced():
    bed = Bed()
    die_at_commit(bed, 1, after=False)
    with pytest.raises(Killed):
        bed.apply(compiled(spec("a", {"trigger": "1"})))
    definition = compiled(spec("a", {"trigger": "2"}))
    converge(bed, definition)
    check_ledgers_agree(bed, definition)


def test_an_interrupted_creation_that_is_no_longer_wanted_is_removed():
    bed = Bed()
    die_at_commit(bed, 1, after=False)
    with pytest.raises(Killed):
        bed.apply(compiled(spec("a")))
    converge(bed, compiled())
    assert not bed.world.things
    assert not bed.store.rows


def test_a_refused_deletion_leaves_the_resource_as_it_was():
    bed = Bed()
    bed.apply(compiled(spec("a")))
    bed.world.failing[address("a")] = EngineRefusedError("it is not empty", address="local.data.a")
    with pytest.raises(Exception, match="0 of 1 changes"):
        bed.apply(compiled())
    bed.world.failing.clear()
    assert bed.plan(compiled(spec("a"))).empty


def test_a_refused_creation_leaves_no_row():
    bed = Bed()
    bed.world.failing[address("a")] = EngineRefusedError("the name is taken", address="local.data.a")
    with pytest.raises(Exception, match="0 of 1 changes"):
        bed.apply(compiled(spec("a")))
    assert not bed.store.rows
