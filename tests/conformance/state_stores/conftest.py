"""Every state backend takes the same tests: a new one adds its place to ``places_of``."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from tests.state.places import PostgresPlace, SqlitePlace


@pytest.fixture(params=["sqlite", "postgresql"])
def new_place(request: pytest.FixtureRequest):
    """Makes a state in a folder that nobody has used."""
    if request.param == "sqlite":
        return SqlitePlace
    server = request.getfixturevalue("postgresql")
    return lambda folder: PostgresPlace(folder, server.new_url())


@pytest.fixture
def place(new_place, tmp_path):
    return new_place(tmp_path)


@pytest.fixture
def open_again(place):
    """Opens the same state as often as asked: each time as another process would."""
    opened = []

    def open_(**options: Any):
        opened.append(place.open(**options))
        return opened[-1]

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def store(open_again):
    return open_again()


@pytest.fixture
def reader(place, store):
    with closing(place.reader()) as opened:
        yield opened
