"""Many reads at once: in order, bounded, and never waited for without end."""

from __future__ import annotations

import threading

import pytest

from flowyml_infra.apply.reading import ReadOptions, read_all
from flowyml_infra.errors import EngineError, InfraError


def numbered(number):
    return lambda: number


def codes(found):
    return [item.code if isinstance(item, InfraError) else item for item in found]


@pytest.mark.parametrize("parallelism", [1, 3, 200])
def test_answers_come_in_the_order_of_the_calls(parallelism):
    assert read_all([numbered(n) for n in range(100)], ReadOptions(parallelism)) == list(range(100))
    assert read_all([], ReadOptions(parallelism)) == []


def test_never_more_are_under_way_than_was_said_and_as_many_as_that():
    full = threading.Barrier(4)
    under_way, most, lock = 0, 0, threading.Lock()

    def call():
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        full.wait(timeout=60)
        with lock:
            under_way -= 1

    read_all([call] * 40, ReadOptions(parallelism=4))
    assert most == 4


def test_one_that_fails_does_not_keep_the_others_from_being_read():
    def refuse():
        raise EngineError("no", code="engine.no")

    def break_down():
        raise RuntimeError("canary-secret")

    found = read_all([numbered(1), refuse, break_down, numbered(2)], ReadOptions(1))
    assert codes(found) == [1, "engine.no", "engine.fault", 2]
    assert "RuntimeError" in found[2].message
    assert "canary" not in found[2].message


def test_one_that_hangs_is_given_up_on_and_the_rest_is_read():
    over = threading.Event()
    found = read_all([numbered(1), over.wait, *(numbered(n) for n in range(50))], ReadOptions(2, timeout=0.2))
    over.set()
    assert codes(found) == [1, "engine.timeout", *range(50)]


def test_where_all_hang_nothing_more_is_asked_and_it_ends():
    over = threading.Event()
    asked = []

    def hang():
        asked.append(1)
        over.wait()

    found = read_all([hang] * 10, ReadOptions(2, timeout=0.1))
    over.set()
    assert codes(found) == ["engine.timeout"] * 10
    assert len(asked) == 2, "the bound holds for calls that were given up on, too"


def test_a_place_that_comes_back_is_used_again():
    over, told = threading.Event(), []

    def progress(done, everything):
        told.append((done, everything))
        if done == 1:
            over.set()

    found = read_all([over.wait, numbered(1), numbered(2)], ReadOptions(1, timeout=0.2, progress=progress))
    assert codes(found) == ["engine.timeout", 1, 2]
    assert told[-1] == (3, 3)
