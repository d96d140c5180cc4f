"""Owns what tests of recorded state share: a release after this one, and a place in PostgreSQL."""

from __future__ import annotations

import shutil

import pytest

from flowyml_infra.bundled import bundled_path
from flowyml_infra.state import migration, schema
from tests.state.places import PostgresPlace

_SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))
    with op.batch_alter_table("leases") as batch:
        batch.add_column(sa.Column("note", sa.Text))
    op.execute("UPDATE leases SET note = 'from 0003'")
    op.execute("INSERT INTO notes (id, text) VALUES (1, 'made by 0004')")
"""


@pytest.fixture
def scripts(tmp_path):
    """The environment of migrations with one more than there is."""
    folder = tmp_path / "migrations"
    shutil.copytree(bundled_path("state"), folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "0004_notes.py").write_text(_SECOND)
    return folder


@pytest.fixture
def newer_release(monkeypatch, scripts):
    """As if this were the release after."""
    monkeypatch.setattr(schema, "REVISION", "0004")
    monkeypatch.setattr(migration, "bundled_path", lambda name: scripts)


@pytest.fixture
def place(tmp_path, postgresql):
    """A state in PostgreSQL that nobody has used."""
    return PostgresPlace(tmp_path, postgresql.new_url())
