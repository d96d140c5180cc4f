"""The last look at the world, and what of it is acknowledged."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.errors import CorruptStateError, StateError
from flowyml_infra.state.drift import Acknowledgement, Finding, Look
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.store import ChangeRecord, DropRow, PutRow
from tests.state.samples import KEY, address, begin, record, row

AT = "2026-03-04T10:30:00.000000Z"
LOOKED, ACKNOWLEDGED = AuditEvent("DriftChecked", "demo"), AuditEvent("DriftAcknowledged", "demo")
ITEM = Acknowledgement(address("a"), "d-a", "ada", AT, date(2026, 3, 31), "for now")


def finding(name, serial=1, **fields):
    return Finding(address(name), "changed", f"d-{name}", AT, serial, ("mode",), **fields)


@pytest.fixture
def recorded(store):
    """The store with three things recorded, at serial 1."""
    record(store, PutRow(row("a")), PutRow(row("b")), PutRow(row("c")))
    return store


def test_a_look_is_read_by_store_and_reader_as_it_was_kept(recorded, reader, place):
    look = Look(AT, "ada", 3, (finding("a"), replace(finding("b"), condition="unknown", reason="no \x1f answer ü")))
    assert recorded.last_look(KEY) is None
    recorded.record_look(KEY, look, None, LOOKED)
    assert recorded.last_look(KEY) == look
    assert reader.last_look(KEY) == look
    assert [event.name for event in place.audit().get_events()][-1] == "DriftChecked"
    assert recorded.snapshot(KEY).serial == 1


def test_a_whole_look_replaces_and_one_at_a_part_is_merged(recorded):
    recorded.record_look(KEY, Look(AT, "ada", 3, (finding("a"), finding("b"))), None, LOOKED)
    later = Look(None, "bob", 2, (replace(finding("b"), digest="other"), finding("c")))
    recorded.record_look(KEY, later, {address("b"), address("c")}, LOOKED)
    merged = recorded.last_look(KEY)
    assert merged == Look(AT, "bob", 3, (finding("a"), replace(finding("b"), digest="other"), finding("c")))
    recorded.record_look(KEY, Look(None, "bob", 1), {address("a")}, LOOKED)
    assert [item.address for item in recorded.last_look(KEY).findings] == [address("b"), address("c")]
    recorded.record_look(KEY, Look("later", "eve", 3), None, LOOKED)
    assert recorded.last_look(KEY) == Look("later", "eve", 3)


def test_a_look_at_a_part_alone_is_none_at_everything(recorded):
    recorded.record_look(KEY, Look(None, "ada", 1, (finding("a"),)), {address("a")}, LOOKED)
    assert recorded.last_look(KEY).at is None
    assert recorded.last_look(KEY).findings == (finding("a"),)


@pytest.mark.parametrize("action", ["update", "replace", "refresh", "forget"])
def test_what_something_was_done_about_is_no_finding_any_more(recorded, action):
    recorded.record_look(KEY, Look(AT, "ada", 3, (finding("a"), finding("b"))), None, LOOKED)
    lease, operation = begin(recorded)
    operation.write(
        [PutRow(row("a"))],
        history=[ChangeRecord(address("a"), action, "succeeded"), ChangeRecord(address("b"), action, "failed")],
    )
    operation.finish("succeeded")
    recorded.release(lease)
    assert recorded.last_look(KEY).findings == (finding("b"),)
    found_again = finding("a", serial=recorded.snapshot(KEY).serial)
    recorded.record_look(KEY, Look(AT, "ada", 3, (found_again,)), None, LOOKED)
    assert recorded.last_look(KEY).findings == (found_again,)


def test_a_row_that_was_only_written_anew_keeps_its_finding(recorded):
    recorded.record_look(KEY, Look(AT, "ada", 3, (finding("a"),)), None, LOOKED)
    record(recorded, PutRow(row("a", spec_digest="f" * 32)))
    assert recorded.last_look(KEY).findings == (finding("a"),)


def test_what_is_not_recorded_any_more_is_no_finding(recorded):
    recorded.record_look(KEY, Look(AT, "ada", 3, (finding("a"),)), None, LOOKED)
    record(recorded, DropRow(address("a"), 1))
    assert recorded.last_look(KEY).findings == ()


def test_acknowledgements_are_kept_replaced_and_taken_back(recorded, reader, place):
    other = replace(ITEM, address=address("b"))
    recorded.acknowledge(KEY, other, ACKNOWLEDGED)
    recorded.acknowledge(KEY, replace(ITEM, why="at first"), ACKNOWLEDGED)
    recorded.acknowledge(KEY, ITEM, ACKNOWLEDGED)
    assert recorded.acknowledgements(KEY) == [ITEM, other]
    assert reader.acknowledgements(KEY) == [ITEM, other]
    recorded.withdraw(KEY, address("a"), AuditEvent("DriftWithdrawn", "demo"))
    assert recorded.acknowledgements(KEY) == [other]
    with pytest.raises(StateError, match="no drift is acknowledged"):
        recorded.withdraw(KEY, address("a"), AuditEvent("DriftWithdrawn", "demo"))
    names = [event.name for event in place.audit().get_events()]
    assert names.count("DriftAcknowledged") == 3
    assert names.count("DriftWithdrawn") == 1
    assert recorded.snapshot(KEY).serial == 1


def test_deployments_have_looks_and_acknowledgements_of_their_own(recorded, reader):
    elsewhere = DeploymentKey("demo", "production")
    record(recorded, PutRow(row("a")), key=elsewhere, lineage="22222222-2222-4333-8444-555555555555")
    recorded.record_look(KEY, Look(AT, "ada", 3), None, LOOKED)
    recorded.acknowledge(KEY, ITEM, ACKNOWLEDGED)
    for port in (recorded, reader):
        assert port.last_look(elsewhere) is None
        assert port.acknowledgements(elsewhere) == []


def test_of_a_deployment_that_is_not_there_nothing_is_kept(store, place):
    nowhere = DeploymentKey("nowhere")
    store.record_look(nowhere, Look(AT, "ada", 0), None, LOOKED)
    assert store.last_look(nowhere) is None
    assert store.acknowledgements(nowhere) == []
    with pytest.raises(StateError, match="nothing is recorded"):
        store.acknowledge(nowhere, ITEM, ACKNOWLEDGED)
    assert list(place.audit().get_events()) == []


@pytest.mark.parametrize("column", ["at", "who", "findings_json"])
def test_a_damaged_look_is_not_given_out_and_the_next_whole_one_mends_it(recorded, reader, place, column):
    recorded.record_look(KEY, Look(AT, "ada", 3), None, LOOKED)
    place.execute(f"UPDATE looks SET {column} = {column} || ' '")
    for port in (recorded, reader):
        with pytest.raises(CorruptStateError):
            port.last_look(KEY)
    recorded.record_look(KEY, Look(AT, "ada", 3), None, LOOKED)
    assert recorded.last_look(KEY) == Look(AT, "ada", 3)


@pytest.mark.parametrize("column", ["address", "digest", "who", "last_day", "why"])
def test_a_damaged_acknowledgement_lets_nothing_be(recorded, reader, place, column):
    recorded.acknowledge(KEY, ITEM, ACKNOWLEDGED)
    place.execute(f"UPDATE acknowledgements SET {column} = {column} || '9'")
    for port in (recorded, reader):
        with pytest.raises(CorruptStateError):
            port.acknowledgements(KEY)
