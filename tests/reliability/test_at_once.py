"""Many want one deployment at once, and holders are suspended: one works at a time, whatever happens.

The bars are 200 rounds of 8 processes and 200 suspensions. ``FLOWYML_SOAK_ROUNDS=200`` runs them in full; by default a
few rounds of each.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time

from flowyml_infra.audit import sqlite
from flowyml_infra.audit.postgresql import sessions
from flowyml_infra.errors import StateConflictError, StateError, StateLockedError
from flowyml_infra.state import open_store
from flowyml_infra.state.store import PutRow
from tests.state.samples import KEY, begin, master_key, record, row

ROUNDS = int(os.environ.get("FLOWYML_SOAK_ROUNDS", "5"))
PROCESSES = 8


def contend(url, barrier, answers):
    """Take the lease once a round, if it is free, and hold it until everybody has tried."""
    store = open_store(url, key_source=master_key)
    for number in range(ROUNDS):
        barrier.wait()
        try:
            lease = store.acquire(KEY, "apply")
            answers.put((number, os.getpid(), None))
        except StateLockedError as error:
            lease = None
            answers.put((number, os.getpid(), error.message))
        barrier.wait()
        if lease is not None:
            store.release(lease)
    store.close()


def test_of_processes_that_want_one_deployment_at_once_one_gets_it_every_time(place, processes):
    barrier, answers = processes.Barrier(PROCESSES, timeout=120), processes.Queue()
    # Daemons, so that none outlives a test that fails.
    arguments = (place.url, barrier, answers)
    children = [processes.Process(target=contend, args=arguments, daemon=True) for _ in range(PROCESSES)]
    for child in children:
        child.start()
    given = [answers.get(timeout=120) for _ in range(ROUNDS * PROCESSES)]
    for number in range(ROUNDS):
        (winner,) = [pid for at, pid, message in given if at == number and message is None]
        lost = [message for at, _, message in given if at == number and message is not None]
        assert len(lost) == PROCESSES - 1
        assert all(f"(process {winner} on" in message and " since " in message for message in lost)
    for child in children:
        child.join()
        assert child.exitcode == 0
    with place.store() as store:
        assert store.list_leases() == []


def work(url, seconds, pipe):
    """Write until a write is refused; tell of each one."""
    sessions.IDLE_SECONDS = 1
    store = open_store(url, key_source=master_key, lease_seconds=seconds)
    lease, operation = begin(store)
    number = 0
    try:
        while True:
            operation.write([PutRow(row("holder", physical_id=str(number)))])
            number += 1
            pipe.send(operation.serial)
    except StateConflictError:
        pipe.send("conflict")
    assert not store.alive(lease)
    store.close()


def test_a_holder_that_is_suspended_past_its_lease_writes_nothing_more(place, processes, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    chance = random.Random(7)
    with place.store(lease_seconds=5) as store:
        record(store, PutRow(row("first")))
        for _ in range(ROUNDS):
            ours, theirs = processes.Pipe()
            child = processes.Process(target=work, args=(place.url, 0.6, theirs), daemon=True)
            child.start()
            assert ours.poll(60)
            time.sleep(chance.random() / 20)
            os.kill(child.pid, signal.SIGSTOP)
            lease, operation = taken_over(store, child.pid)
            operation.write([PutRow(row("successor"))])
            expected = store.snapshot(KEY)
            wake(child.pid)
            child.join(60)
            assert child.exitcode == 0
            told = []
            while ours.poll():
                told.append(ours.recv())
            assert told[-1] == "conflict"
            assert all(serial < expected.serial for serial in told[:-1])
            assert store.snapshot(KEY) == expected
            operation.finish("succeeded")
            store.release(lease)
    assert place.audit().verify() == []


def taken_over(store, holder):
    """The lease of the suspended holder, once it is over, and an operation under it.

    PostgreSQL undoes what a suspended process left open. SQLite cannot, so that such a holder is suspended elsewhere.
    """
    deadline = time.monotonic() + 60
    while True:
        try:
            return begin(store)
        except StateLockedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        except StateError as error:
            if error.code != "state.busy" or not store.url.startswith("sqlite"):
                raise
            wake(holder)
            time.sleep(0.003)
            with contextlib.suppress(ProcessLookupError):
                os.kill(holder, signal.SIGSTOP)


def wake(process):
    """Let a suspended process go on; it may have noticed before that its lease is over, and be through."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGCONT)
