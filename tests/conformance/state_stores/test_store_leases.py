import threading

import pytest

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.errors import StateConflictError, StateError, StateLockedError
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.store import OperationStart, PutRow
from tests.state.samples import KEY, LINEAGE, begin, record, row, stop_heart

LEASE = "deployment:demo@default"


def test_a_lease_excludes_every_other_until_released(store, open_again):
    lease = store.acquire(KEY, "apply")
    with pytest.raises(StateLockedError):
        open_again().acquire(KEY, "destroy")
    with pytest.raises(StateLockedError):
        store.acquire(KEY, "destroy")
    store.release(lease)
    assert open_again().acquire(KEY, "destroy").name == LEASE


def test_the_refusal_says_who_holds_it_since_when_and_what_to_do(store, open_again):
    holder = store.acquire(KEY, "apply").holder
    with pytest.raises(StateLockedError) as caught:
        open_again().acquire(KEY, "apply")
    for fact in ("demo@default is locked by", holder.who, str(holder.pid), holder.host, holder.since, "'apply'"):
        assert fact in caught.value.message
    assert "flowyml-infra lock list" in caught.value.hint
    assert f"flowyml-infra lock release {LEASE}" in caught.value.hint


def test_deployments_of_a_stack_do_not_exclude_each_other(store):
    store.acquire(KEY, "apply")
    store.acquire(DeploymentKey("demo", "production"), "apply")
    store.acquire(DeploymentKey("demo-2"), "apply")
    assert [lease.name for lease in store.list_leases()] == [
        "deployment:demo-2@default",
        LEASE,
        "deployment:demo@production",
    ]


def test_a_reader_lists_who_holds_what(store, reader):
    assert reader.list_leases() == []
    lease = store.acquire(KEY, "apply")
    (state,) = reader.list_leases()
    assert state == store.list_leases()[0]
    assert (state.name, state.token, state.holder, state.live) == (LEASE, lease.token, lease.holder, True)
    store.release(lease)
    assert reader.list_leases() == []


def test_the_lock_of_a_stack_and_its_deployments_exclude_each_other(store):
    whole = store.acquire_stack("demo", "maintenance")
    for environment in ("default", "production"):
        with pytest.raises(StateLockedError, match="the stack demo is locked"):
            store.acquire(DeploymentKey("demo", environment), "apply")
    with pytest.raises(StateLockedError):
        store.acquire_stack("demo", "maintenance")
    store.acquire(DeploymentKey("other"), "apply")
    store.release(whole)
    one = store.acquire(DeploymentKey("demo", "production"), "apply")
    with pytest.raises(StateLockedError, match="demo@production is locked"):
        store.acquire_stack("demo", "maintenance")
    store.release(one)
    store.acquire_stack("demo", "maintenance")


def test_a_deployment_may_be_written_under_the_lock_of_its_stack(store):
    lease = store.acquire_stack("demo", "maintenance")
    operation = store.start(KEY, lease, OperationStart("apply", LINEAGE, 0, "x"), AuditEvent("ApplyStarted"))
    assert operation.write([PutRow(row("a"))]) == 1
    store.release(lease)
    with pytest.raises(StateConflictError):
        operation.write([PutRow(row("b"))])


def test_tokens_only_grow(store, open_again):
    tokens = []
    for opened in (store, open_again(), store):
        lease = opened.acquire(KEY, "apply")
        tokens.append(lease.token)
        opened.release(lease)
    assert tokens == sorted(set(tokens))


def test_releasing_twice_or_after_losing_it_harms_nobody(store, open_again, place):
    lease = store.acquire(KEY, "apply")
    store.release(lease)
    other = open_again()
    held = other.acquire(KEY, "apply")
    store.release(lease)
    assert other.alive(held)


def test_waiting_gets_the_lease_once_it_is_free(store, open_again):
    lease = store.acquire(KEY, "apply")
    timer = threading.Timer(0.2, store.release, [lease])
    timer.start()
    assert open_again().acquire(KEY, "apply", wait_seconds=30).token > lease.token
    timer.join()


def test_waiting_ends(store, open_again):
    store.acquire(KEY, "apply")
    with pytest.raises(StateLockedError):
        open_again().acquire(KEY, "apply", wait_seconds=0.05)


def test_a_heartbeat_puts_the_end_of_a_lease_off(open_again, place):
    store = open_again(lease_seconds=3)
    lease = store.acquire(KEY, "apply")
    sql = "SELECT expires_at FROM leases WHERE name LIKE 'deployment:%'"
    first = place.execute(sql)
    for _ in range(300):
        if place.execute(sql) > first:
            break
        threading.Event().wait(0.05)
    assert place.execute(sql) > first
    assert store.alive(lease)
    store.release(lease)
    assert place.execute(sql) == [(0,)]


def test_an_expired_lease_is_free_for_others_and_dead_for_its_holder(store, open_again, place):
    lease, operation = begin(store)
    operation.write([PutRow(row("a"))])
    stop_heart(store, lease)
    place.expire(LEASE)
    assert not store.alive(lease)
    assert not store._leases.extend(lease), "a holder cannot revive what others may have seen expired"
    assert not store.list_leases()[0].live
    before = store.snapshot(KEY)
    with pytest.raises(StateConflictError, match="nothing was written"):
        operation.write([PutRow(row("b"))], events=[AuditEvent("Never")])
    with pytest.raises(StateConflictError):
        operation.finish("succeeded")
    assert store.snapshot(KEY) == before
    other = open_again()
    taken = other.acquire(KEY, "apply")
    assert taken.token > lease.token
    assert other.alive(taken)


def test_a_holder_that_wakes_up_after_a_takeover_changes_nothing(store, open_again, place):
    lease, operation = begin(store)
    stop_heart(store, lease)
    place.expire(LEASE)
    other = open_again()
    record(other, PutRow(row("theirs")))
    expected = other.snapshot(KEY)
    with pytest.raises(StateConflictError):
        operation.write([PutRow(row("mine"))])
    with pytest.raises(StateConflictError):
        store.start(KEY, lease, OperationStart("apply", LINEAGE, expected.serial, "x"), AuditEvent("ApplyStarted"))
    assert other.snapshot(KEY) == expected
    chain = place.audit()
    assert [event.name for event in chain.get_events()] == ["ApplyStarted", "ApplyStarted"]


def test_two_operations_under_one_lease_cannot_overwrite_each_other(store):
    lease, first = begin(store)
    second = store.start(KEY, lease, OperationStart("apply", LINEAGE, 0, "x"), AuditEvent("ApplyStarted"))
    first.write([PutRow(row("a"))])
    with pytest.raises(StateConflictError):
        second.write([PutRow(row("b"))])
    assert list(store.snapshot(KEY).rows) == [row("a").address]


def test_breaking_a_lease_stops_its_holder_and_is_audited(store, open_again, place):
    lease, operation = begin(store)
    holder = open_again().break_lease(LEASE, "the laptop fell into the sea", "root@here")
    assert holder == lease.holder
    assert not store.alive(lease)
    with pytest.raises(StateConflictError):
        operation.write([PutRow(row("a"))])
    event = place.audit().get_events(name="LeaseBroken")[0]
    assert (event.stack, event.environment, event.who) == ("demo", "default", "root@here")
    assert event.data["reason"] == "the laptop fell into the sea"
    assert event.data["holder"]["pid"] == holder.pid
    assert open_again().acquire(KEY, "apply").token > lease.token


def test_breaking_what_nobody_holds_is_an_error_with_a_hint(store):
    store.acquire(KEY, "apply")
    with pytest.raises(StateError) as caught:
        store.break_lease("deployment:demo@defualt", "typo", "me")
    assert caught.value.code == "state.not_locked"
    assert LEASE in caught.value.hint
    assert store.list_leases()[0].live


def test_closing_gives_the_leases_back(store, open_again):
    other = open_again()
    other.acquire(KEY, "apply")
    other.acquire_stack("another", "maintenance")
    other.close()
    assert store.list_leases() == []
