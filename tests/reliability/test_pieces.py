"""Several processes run the cases that one would run, and none twice."""

from __future__ import annotations

import time

import pytest

from tests.reliability.failure_class import FailureClass, Ground
from tests.reliability.pieces import run_pieces


def made(run, piece=3):
    return FailureClass("a-class", "what fails", "what holds", run, short=1, full=20, piece=piece)


def note(ground):
    """Every tenth case fails."""
    for number in ground.numbers():
        with ground.case(number), (ground.root.parent / "log").open("a") as log:
            log.write(f"{number}\n")
            assert number % 10, "a tenth one"


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log"
    path.touch()
    return path


def test_each_case_is_run_once_and_counted_and_its_failure_told(tmp_path, log):
    ground = Ground("none", tmp_path, wanted=12, done=5)
    run_pieces(made(note), ground, jobs=3)
    assert sorted(map(int, log.read_text().split())) == list(range(5, 17))
    assert ground.count == 12
    (failure,) = ground.failures
    assert failure.startswith("case 10: AssertionError")


def test_nothing_is_begun_after_the_time_is_over(tmp_path, log):
    ground = Ground("none", tmp_path, wanted=12, until=time.monotonic())
    run_pieces(made(note), ground, jobs=2)
    assert (ground.count, log.read_text()) == (0, "")


def test_a_piece_is_run_to_its_end_whatever_the_time(tmp_path, log):
    def late(piece):
        ground.until = time.monotonic()
        note(piece)

    ground = Ground("none", tmp_path, wanted=100)
    run_pieces(made(late), ground, jobs=1)
    assert log.read_text().split() == ["0", "1", "2"]
    assert ground.count == 3


def test_a_process_that_ends_early_is_a_failure(tmp_path):
    def breaks(ground):
        raise RuntimeError("no room for a case")

    ground = Ground("none", tmp_path, wanted=2)
    run_pieces(made(breaks), ground, jobs=1)
    assert "no room for a case" in ground.failures[0]
