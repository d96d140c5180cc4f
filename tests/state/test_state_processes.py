"""What only shows between processes: one winner, a suspended holder, a killed one."""

import os
import signal
import time

import pytest

from flowyml_infra.errors import StateLockedError
from flowyml_infra.state.store import PutRow
from tests.state.places import PostgresPlace, SqlitePlace
from tests.state.samples import KEY, address, record, row, spawn_python

ACQUIRE = """
import sys
from flowyml_infra.errors import StateLockedError
from flowyml_infra.state import open_store
from tests.state.samples import KEY
store = open_store(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
try:
    store.acquire(KEY, "apply")
    print("won", flush=True)
    sys.stdin.readline()
except StateLockedError as error:
    print("lost: " + error.message, flush=True)
"""

WRITE = """
import sys
from contextlib import closing
from tests.state.samples import *
from flowyml_infra.errors import StateConflictError
from flowyml_infra.state.store import PutRow
with closing(open_store(sys.argv[1], lease_seconds=float(sys.argv[2]))) as store:
    lease, operation = begin(store)
    print("began", flush=True)
    if len(sys.argv) > 3:
        sys.stdin.readline()
    try:
        for number in range(100_000):
            operation.write([PutRow(row(f"r{number}")), PutRow(row("last", physical_id=str(number)))])
            print(operation.serial, flush=True)
    except StateConflictError:
        print("conflict", flush=True)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    if request.param == "sqlite":
        return SqlitePlace(tmp_path, f"sqlite:///{tmp_path}/state.db")
    return PostgresPlace(tmp_path, request.getfixturevalue("postgresql").new_url())


def test_a_new_folder_of_a_state_is_made_once(tmp_path):
    make_at_once(f"sqlite:///{tmp_path}/new/folder/state.db")


def tell(process):
    process.stdin.write("go\n")
    process.stdin.flush()


def test_of_several_processes_one_gets_the_lease_and_the_others_learn_whose_it_is(place):
    processes = [spawn_python(ACQUIRE, place.url) for _ in range(4)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        tell(process)
    answers = [process.stdout.readline().strip() for process in processes]
    winner = processes[answers.index("won")]
    lost = [answer for answer in answers if answer != "won"]
    assert len(lost) == 3
    assert all(f"(process {winner.pid} on" in answer for answer in lost)
    for process in processes:
        process.communicate("end\n")


def test_the_lease_of_a_dead_process_is_taken_at_once(place):
    process = spawn_python(ACQUIRE, place.url)
    process.stdout.readline()
    tell(process)
    assert process.stdout.readline() == "won\n"
    with place.store() as store:
        with pytest.raises(StateLockedError):
            store.acquire(KEY, "apply")
        process.kill()
        # Nobody collects its exit code, so that it stays as a zombie; that is dead, too.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not store.list_leases()[0].live
        assert store.acquire(KEY, "apply").token == 3
        process.wait()
    process.stdin.close()
    process.stdout.close()


def test_a_dead_process_does_not_hold_up_the_lock_of_the_whole_stack(place):
    process = spawn_python(ACQUIRE, place.url)
    process.stdout.readline()
    tell(process)
    process.stdout.readline()
    process.kill()
    process.communicate()
    with place.store() as store:
        lease = store.acquire_stack("demo", "maintenance")
        assert [held.name for held in store.list_leases()] == [lease.name]


def test_a_suspended_holder_wakes_up_to_a_conflict(place):
    process = spawn_python(WRITE, place.url, 0.5, "wait")
    assert process.stdout.readline() == "began\n"
    os.kill(process.pid, signal.SIGSTOP)
    with place.store() as store:
        lease = store.acquire(KEY, "apply", wait_seconds=60)
        store.release(lease)
        record(store, PutRow(row("ours")))
        expected = store.snapshot(KEY)
        os.kill(process.pid, signal.SIGCONT)
        answer, _ = process.communicate("go\n")
        assert answer == "conflict\n"
        assert store.snapshot(KEY) == expected


@pytest.mark.parametrize("seed", range(5))
def test_a_killed_writer_leaves_what_it_had_committed_and_nothing_by_halves(place, seed):
    process = spawn_python(WRITE, place.url, 30)
    serial = 0
    for _ in range(3 + 17 * seed):
        line = process.stdout.readline().strip()
        serial = int(line) if line.isdecimal() else serial
    time.sleep(seed / 1000)
    process.kill()
    # Not `communicate`, which forgets what was read ahead of the last line.
    rest = process.stdout.read()
    process.communicate()
    told = [int(line) for line in rest.splitlines() if line.isdecimal()]
    serial = max([serial, *told])
    with place.store() as store:
        snapshot = store.snapshot(KEY)
        assert snapshot.serial in (serial, serial + 1), "one commit may not have been told of"
        assert len(snapshot.rows) == snapshot.serial + 1
        assert snapshot.rows[address("last")].physical_id == str(snapshot.serial - 1)
        assert place.audit().verify() == []
        record(store, PutRow(row("after")))
        assert [item.status for item in store.history(KEY)] == ["succeeded", "interrupted"]


def test_processes_that_make_the_state_at_once_make_one(place):
    make_at_once(place.url)


def make_at_once(url):
    processes = [spawn_python(ACQUIRE, url) for _ in range(4)]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 4
    for process in processes:
        process.communicate("go\nend\n")
        assert process.returncode == 0
