"""Owns the class of processes that want one deployment at the same moment."""

from __future__ import annotations

import os
from typing import Any

from flowyml_infra.errors import StateLockedError
from flowyml_infra.state import open_store
from tests.reliability.failure_class import FailureClass, Ground
from tests.state.samples import KEY, master_key

PROCESSES = 8
PIECE = 50
"""Rounds by the same processes."""


def contend(url: str, numbers: list[int], barrier: Any, answers: Any) -> None:
    """Take the lease once a round, if it is free, and hold it until everybody has tried."""
    store = open_store(url, key_source=master_key)
    for number in numbers:
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


def compete(ground: Ground, numbers: list[int]) -> None:
    """So many rounds of eight processes."""
    place = ground.place()
    processes = ground.processes
    barrier, answers = processes.Barrier(PROCESSES, timeout=120), processes.Queue()
    children = [
        processes.Process(target=contend, args=(place.url, numbers, barrier, answers)) for _ in range(PROCESSES)
    ]
    for child in children:
        child.start()
    given = [answers.get(timeout=120) for _ in range(len(numbers) * PROCESSES)]
    for child in children:
        child.join()
    for number in numbers:
        with ground.case(number):
            (winner,) = [pid for at, pid, message in given if at == number and message is None]
            lost = [message for at, _, message in given if at == number and message is not None]
            assert len(lost) == PROCESSES - 1
            assert all(f"(process {winner} on" in message and " since " in message for message in lost)
    with place.store() as store:
        assert store.list_leases() == []
    assert [child.exitcode for child in children] == [0] * PROCESSES


def run(ground: Ground) -> None:
    """Rounds in pieces, each with processes of its own."""
    numbers = list(ground.numbers())
    for first in range(0, len(numbers), PIECE):
        compete(ground, numbers[first : first + PIECE])


AT_ONCE = FailureClass(
    "at-once",
    f"{PROCESSES} processes want one deployment at once",
    "one gets it, every other is told who holds it, where and since when",
    run,
    short=5,
    full=200,
    piece=PIECE,
)
