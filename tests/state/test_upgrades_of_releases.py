"""A state of each earlier release is upgraded with what is in it, and can do what this release does."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import date

import pytest

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.audit.postgresql.location import parse_location
from flowyml_infra.bundled import bundled_path
from flowyml_infra.state import schema
from flowyml_infra.state.drift import Acknowledgement, Finding, Look
from flowyml_infra.state.migration import upgrade_postgres, upgrade_sqlite
from flowyml_infra.state.store import PutRow
from tests.state.places import PostgresPlace, SqlitePlace
from tests.state.samples import KEY, address, applied, definition, record, row

RELEASES = [f"{number:04}" for number in range(1, int(schema.REVISION))]


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path, release, monkeypatch):
    """A state that ``release`` has made, and written one row to."""
    scripts = tmp_path / "migrations"
    shutil.copytree(bundled_path("state"), scripts, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (scripts / "versions").glob("*.py"):
        if path.name[:4] > release:
            path.unlink()
    if request.param == "sqlite":
        made = SqlitePlace(tmp_path)
        sqlite3.connect(tmp_path / "state.db").close()
        upgrade_sqlite(tmp_path / "state.db", scripts=scripts)
    else:
        made = PostgresPlace(tmp_path, request.getfixturevalue("postgresql").new_url())
        location = parse_location(made.url)
        made.execute(f'CREATE SCHEMA "{location.schema}"')
        upgrade_postgres(location, lambda execute: True, scripts=scripts)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "REVISION", release)
        with made.store() as store:
            record(store, PutRow(row("a")))
    return made


def test_a_state_of_an_earlier_release_keeps_its_rows_and_can_hold_what_this_one_does(place, release):
    assert place.execute("SELECT version_num FROM alembic_version") == [(release,)]
    look = Look("2026-03-04", "ada", 1, (Finding(address("a"), "gone", "d", "2026-03-04", 1),))
    item = Acknowledgement(address("a"), "d", "ada", "2026-03-04", date(2026, 3, 31), "known")
    with place.store() as store:
        assert list(store.snapshot(KEY).rows) == [address("a")]
        store.record_look(KEY, look, None, AuditEvent("DriftChecked"))
        store.acknowledge(KEY, item, AuditEvent("DriftAcknowledged"))
        assert [operation.recorded_definition for operation in store.history(KEY)] == [None]
        digest = applied(store, definition("a"))
    assert place.execute("SELECT version_num FROM alembic_version") == [(schema.REVISION,)]
    with closing(place.reader()) as reader:
        assert reader.last_look(KEY) == look
        assert reader.acknowledgements(KEY) == [item]
        assert [operation.recorded_definition for operation in reader.history(KEY)] == [digest, None]
        assert reader.check_definitions(KEY) == [digest]
