"""Which operation is meant by an id, a serial or a digest, and what is said where none is."""

from __future__ import annotations

import pytest

from flowyml_infra.errors import StateError
from flowyml_infra.state.rollback_target import find_target
from flowyml_infra.state.snapshot import Snapshot
from flowyml_infra.state.store import OperationRecord
from tests.state.samples import KEY, LINEAGE

ONE, TWO, THREE = "1" * 64, "2" * 64, "a2" * 32


def operation(id_, before, after, recorded, **fields):
    given = {"kind": "apply", "status": "succeeded", "definition_digest": f"d{recorded}", **fields}
    return OperationRecord(
        id=id_,
        who="ada",
        started_at="2026-03-04T10:30:00.000000Z",
        finished_at=None,
        serial_before=before,
        serial_after=after,
        plan_digest="p",
        recorded_definition=recorded,
        **given,
    )


OLD = operation("aaaa0000aaaa0000", 0, 3, None, definition_digest="dd" * 32)
FIRST = operation("bbbb0000bbbb0000", 3, 5, ONE)
MOVE = operation("cccc0000cccc0000", 5, 6, None, kind="state mv", definition_digest=None)
SECOND = operation("dddd0000dddd0000", 6, 8, TWO)
CUT_OFF = operation("eeee0000eeee0000", 8, None, THREE, status="interrupted")
DESTROY = operation("ffff0000ffff0000", 9, 12, None, kind="destroy", definition_digest=f"d{THREE}")
HISTORY = [DESTROY, CUT_OFF, SECOND, MOVE, FIRST, OLD]


def find(wanted, history=HISTORY, serial=12):
    return find_target(Snapshot(KEY, LINEAGE, serial), history, wanted)


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        (FIRST.id, FIRST),
        (FIRST.id.upper(), FIRST),
        (FIRST.id[:6], FIRST),
        ("4", FIRST),
        ("5", FIRST),
        ("6", FIRST),
        ("7", SECOND),
        ("8", SECOND),
        ("9", CUT_OFF),
        (ONE, FIRST),
        (TWO[:8], SECOND),
        (f"d{TWO}"[:10], SECOND),
        (f"d{THREE}", CUT_OFF),
    ],
)
def test_an_operation_is_found_by_what_names_it(wanted, meant):
    assert find(wanted) is meant


@pytest.mark.parametrize(
    ("history", "meant"),
    [
        ([SECOND, MOVE, FIRST, OLD], FIRST),
        ([CUT_OFF, SECOND, FIRST], SECOND),
        ([DESTROY, CUT_OFF, SECOND, FIRST], SECOND),
        ([operation("9" * 16, 12, 13, ONE), SECOND, FIRST], SECOND),
        ([operation("9" * 16, 12, 13, TWO), SECOND, FIRST], FIRST),
    ],
    ids=["before", "cut off", "destroyed", "back already", "applied again"],
)
def test_unasked_it_is_the_last_that_went_through_and_is_not_the_present_one(history, meant):
    assert find(None, history) is meant


@pytest.mark.parametrize("wanted", ["13", "0", "99999999", "bbbb1", "zzzzzzzz", "bbb", ""])
def test_what_names_nothing_is_refused_with_what_there_is(wanted):
    with pytest.raises(StateError, match="has no apply") as caught:
        find(wanted)
    assert caught.value.code == "state.no_definition"
    assert "apply eeee0000eeee0000 of 2026-03-04 10:30; apply dddd0000dddd0000" in caught.value.hint
    assert OLD.id not in caught.value.hint


@pytest.mark.parametrize("wanted", [OLD.id, "2", "dddddddd"])
def test_an_apply_of_a_release_that_kept_no_definitions_is_said_to_be_one(wanted):
    with pytest.raises(StateError, match=f"the apply {OLD.id} of .* was made by a release that kept no definitions"):
        find(wanted, HISTORY if wanted != "dddddddd" else [OLD])


def test_a_destroy_leaves_nothing_to_go_back_to():
    with pytest.raises(StateError, match=f"the destroy {DESTROY.id} .* removed everything"):
        find("12")


def test_where_nothing_is_earlier_that_is_said_and_why():
    with pytest.raises(StateError, match=r"no earlier definition on record: the apply aaaa0000aaaa0000") as caught:
        find(None, [FIRST, OLD])
    assert caught.value.code == "state.no_definition"
    with pytest.raises(StateError, match="no earlier definition on record$") as caught:
        find(None, [])
    assert "every apply that changes something records its definition" in caught.value.hint


def test_a_digest_that_came_to_two_things_is_not_guessed():
    twin = operation("9" * 16, 12, 13, TWO, definition_digest=f"d{ONE}")
    with pytest.raises(StateError, match=r"may be any of: apply 9{16} .*; apply bbbb0000bbbb0000") as caught:
        find(f"d{ONE}", [twin, FIRST])
    assert caught.value.code == "state.ambiguous"
