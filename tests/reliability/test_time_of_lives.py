"""A search of lives ends when its time is up, in the middle and also while it makes a failure small."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.reliability.classes import lives
from tests.reliability.failure_class import Ground
from tests.reliability.life import Life
from tests.support.kinds import DATA, known


@pytest.fixture
def ground(tmp_path, monkeypatch):
    """A ground whose clock says how many lives have begun; the time is up after three."""
    made = Ground("sqlite", tmp_path, until=3)
    monkeypatch.setattr(lives, "time", SimpleNamespace(monotonic=lambda: made.count))
    return made


def search(ground):
    with known(DATA):
        lives.search(ground, list(range(25)))


def test_no_life_begins_after_the_time(ground):
    search(ground)
    assert (ground.count, ground.failures) == (3, [])


def test_a_failure_that_could_not_be_made_small_in_time_is_told_all_the_same(ground, monkeypatch):
    def fails(self):
        raise AssertionError("something twice")

    monkeypatch.setattr(Life, "check_always", fails)
    search(ground)
    assert ground.failures == ["lives from 0, not made small: AssertionError: something twice"]
