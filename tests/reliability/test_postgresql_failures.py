"""The server goes away at every moment of an operation: nothing is lost, nothing is written twice."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.audit.postgresql import sessions
from flowyml_infra.errors import StateUnreachableError
from flowyml_infra.state.store import ChangeRecord, PutRow
from tests.emulation import postgresql_server
from tests.state.places import PostgresPlace
from tests.state.samples import KEY, address, begin, record, row


@pytest.fixture
def server():
    """A server of the test's own, to be stopped and started."""
    made = postgresql_server.started()
    yield made
    made.close()


class Cut:
    """A database whose ``number``-th statement, or commit, finds the connection cut; later ones do not."""

    def __init__(self, whole, number, *, after_commit=False):
        self.whole, self.now, self.hold, self.url = whole, whole.now, whole.hold, whole.url
        self.number, self.after_commit = number, after_commit
        self.count, self.done = 0, False

    @contextmanager
    def transaction(self):
        with self.whole.transaction() as execute:

            def counted(sql, parameters):
                self.count += 1
                if self.count == self.number and not self.done and not self.after_commit:
                    self.cut(execute)
                return execute(sql, parameters)

            yield counted
            if self.after_commit and not self.done:
                execute("COMMIT", {})
                self.done = True
                raise StateUnreachableError("the answer to the commit was lost")

    def cut(self, execute):
        self.done = True
        pid = execute("SELECT pg_backend_pid()", {}).fetchone()[0]
        with self.whole.transaction() as other:
            other("SELECT pg_terminate_backend(:pid, 5000)", {"pid": pid})


def one_write(operation):
    change = ChangeRecord(address("a"), "create", "succeeded")
    return operation.write([PutRow(row("a")), PutRow(row("b"))], history=[change], events=[AuditEvent("Written")])


def check(place, store):
    snapshot = store.snapshot(KEY)
    assert snapshot.serial == 1
    assert set(snapshot.rows) == {address("a"), address("b")}
    assert [event.name for event in place.audit().get_events()] == ["ApplyStarted", "Written"]
    assert place.audit().verify() == []
    assert [change.status for change in store.history(KEY)[0].changes] == ["succeeded"]


@pytest.mark.parametrize("number", range(1, 12))
def test_a_connection_that_is_cut_at_any_statement_of_a_write_costs_nothing(number, place):
    with place.store() as store:
        lease, operation = begin(store)
        operation._database = Cut(store._database, number)
        assert one_write(operation) == 1
        assert operation._database.done, "the write has fewer statements"
        check(place, store)
        operation.finish("succeeded")
        store.release(lease)


def test_a_commit_whose_answer_is_lost_is_not_repeated(place):
    with place.store() as store:
        _, operation = begin(store)
        operation._database = Cut(store._database, 0, after_commit=True)
        assert one_write(operation) == 1
        check(place, store)
        assert operation.write([PutRow(row("c"))]) == 2


@pytest.fixture
def place(tmp_path, postgresql):
    return PostgresPlace(tmp_path, postgresql.new_url())


def test_a_server_that_restarts_is_waited_for_and_the_operation_goes_on(server, tmp_path):
    place = PostgresPlace(tmp_path, server.new_url())
    with place.store() as store:
        lease, operation = begin(store)
        for number in range(3):
            operation.write([PutRow(row(f"r{number}"))], events=[AuditEvent("Written")])
            server.stop()
            back = threading.Timer(0.3, server.start)
            back.start()
            assert store.alive(lease)
            back.join()
        operation.finish("succeeded")
        store.release(lease)
        assert len(store.snapshot(KEY).rows) == store.snapshot(KEY).serial == 3
        assert place.audit().verify() == []


def test_a_server_that_fails_under_a_busy_writer_loses_nothing_that_was_told(server, tmp_path):
    place = PostgresPlace(tmp_path, server.new_url())
    with place.store() as store:
        lease, operation = begin(store)
        told, stop = [], threading.Event()

        def work():
            while not stop.is_set():
                told.append(operation.write([PutRow(row(f"r{len(told)}")), PutRow(row("last"))]))

        writer = threading.Thread(target=work)
        writer.start()
        for _ in range(3):
            seen = len(told)
            while len(told) < seen + 20:
                assert writer.is_alive()
                time.sleep(0.01)
            server.stop()
            server.start()
        stop.set()
        writer.join()
        assert told == list(range(1, len(told) + 1))
        snapshot = store.snapshot(KEY)
        assert snapshot.serial == len(told)
        assert len(snapshot.rows) == len(told) + 1
        operation.finish("succeeded")
        store.release(lease)
        assert place.audit().verify() == []


def test_a_server_that_stays_away_ends_the_operation_and_the_next_one_goes_on(server, tmp_path, monkeypatch):
    monkeypatch.setattr(sessions, "RECONNECT_SECONDS", 0.5)
    place = PostgresPlace(tmp_path, server.new_url())
    store = place.open()
    _, operation = begin(store)
    operation.write([PutRow(row("a"))])
    server.stop()
    with pytest.raises(StateUnreachableError, match="cannot be reached"):
        operation.write([PutRow(row("b"))])
    server.start()
    place.expire("deployment:demo@default")
    with place.store() as other:
        assert list(other.snapshot(KEY).rows) == [address("a")]
        record(other, PutRow(row("b")))
        assert [item.status for item in other.history(KEY)] == ["succeeded", "interrupted"]
    store.close()
