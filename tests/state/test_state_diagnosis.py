"""What is open after a crash is explained, with what the next apply will do about it."""

import pytest

from flowyml_infra.errors import StateError
from flowyml_infra.state.diagnosis import diagnose
from flowyml_infra.state.row import Status
from flowyml_infra.state.store import PutRow
from tests.state.places import PostgresPlace, SqlitePlace
from tests.state.samples import applied, begin, definition, record, row, stop_heart

LEASE = "deployment:demo@default"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    if request.param == "sqlite":
        return SqlitePlace(tmp_path)
    return PostgresPlace(tmp_path, request.getfixturevalue("postgresql").new_url())


def found(place, store):
    return {finding.subject: finding for finding in diagnose(store, place.audit())}


def test_a_state_at_rest_has_nothing_open(place):
    with place.store() as store:
        assert diagnose(store, place.audit()) == []
        record(store, PutRow(row("a")))
        assert diagnose(store, place.audit()) == []
        assert diagnose(place.reader(), place.audit()) == []


@pytest.mark.parametrize(
    ("status", "told", "done"),
    [
        (Status.CREATING, "creation was begun", "adopts what is there and makes what is not"),
        (Status.UPDATING, "update was begun", "carries the update out again"),
        (Status.DELETING, "deletion was begun", "finishes the deletion"),
    ],
)
def test_what_a_killed_apply_was_about_is_named_with_what_comes_next(place, status, told, done):
    with place.store() as store:
        lease, operation = begin(store)
        operation.write([PutRow(row("a", status=status)), PutRow(row("b")), PutRow(row("b", generation=2))])
        under_way = found(place, store)
        assert {finding.status for finding in under_way.values()} == {"working"}
        assert set(under_way) == {
            LEASE,
            "demo@default",
            "demo@default local.directory.a",
            "demo@default local.directory.b, generation 1",
        }
        stop_heart(store, lease)
        place.expire(LEASE)
        after = found(place, store)
    assert {finding.status for finding in after.values()} == {"open"}
    assert told in after["demo@default local.directory.a"].text
    assert done in after["demo@default local.directory.a"].next
    assert "removes it" in after["demo@default local.directory.b, generation 1"].next
    assert "was cut off" in after["demo@default"].text
    assert "who is gone" in after[LEASE].text


def test_an_apply_that_stopped_part_way_is_open_until_the_next(place):
    with place.store() as store:
        lease, operation = begin(store)
        operation.finish("partial")
        store.release(lease)
        (finding,) = diagnose(store, place.audit())
        assert (finding.status, finding.subject) == ("open", "demo@default")
        assert "ended as partial" in finding.text
        record(store, PutRow(row("a")))
        assert diagnose(store, place.audit()) == []


def test_damage_is_found_wherever_it_is(place):
    with place.store() as store:
        record(store, PutRow(row("a")))
        place.execute("UPDATE resources SET physical_id = 'elsewhere'")
        place.execute("UPDATE audit SET who = 'nobody' WHERE seq = 1")
        findings = found(place, store)
        assert {finding.status for finding in findings.values()} == {"damaged"}
        assert set(findings) == {"demo@default", "audit event 1"}
        assert "local.directory.a" in findings["demo@default"].text
        place.execute("UPDATE deployments SET serial = 77")
        assert found(place, store)["the list of deployments"].status == "damaged"


def test_a_state_that_cannot_be_read_is_an_error(tmp_path):
    (tmp_path / "state.db").write_text("no database at all, and long enough to be looked at as if it were one")
    place = SqlitePlace(tmp_path)
    with pytest.raises(StateError):
        diagnose(place.reader(), place.audit())


@pytest.mark.parametrize("sql", ["UPDATE definitions SET content = content || '0'", "DELETE FROM definitions"])
def test_a_definition_that_nobody_can_go_back_to_is_named_and_the_rest_is_told(place, sql):
    with place.store() as store:
        digest = applied(store, definition("a"))
        record(store, PutRow(row("b")), PutRow(row("b", generation=2)))
        place.execute(sql)
        told = found(place, store)
    assert told["demo@default"].status == "damaged"
    assert digest[:12] in told["demo@default"].text
    assert "nobody can go back to it" in told["demo@default"].next
    assert told["demo@default local.directory.b, generation 1"].status == "open"
