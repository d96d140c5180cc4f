"""Owns what tests of reliability share: a state in each kind of database, and processes that start at once."""

from __future__ import annotations

import multiprocessing

import pytest

from tests.reliability.failure_class import LOADED
from tests.state.places import PostgresPlace, SqlitePlace


@pytest.fixture(scope="session")
def processes():
    """Starts processes that have the library loaded already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    return context


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path):
    """A state that nobody has used; flowyml.yaml in its folder names it."""
    if request.param == "sqlite":
        made = SqlitePlace(tmp_path, f"sqlite:///{tmp_path}/.flowyml/state.db")
    else:
        made = PostgresPlace(tmp_path, request.getfixturevalue("postgresql").new_url())
    (tmp_path / "flowyml.yaml").write_text(f"project: {{name: reliable}}\nstate: {{url: '{made.url}'}}\n")
    return made
