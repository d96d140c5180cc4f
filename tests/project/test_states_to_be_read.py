"""Who may only read the state can look at everything, and change nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from flowyml_infra.audit.sqlite import translate
from flowyml_infra.errors import StateError
from flowyml_infra.project import Project

MANIFEST = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata: {name: s}
spec: {provider: local, resources: {a: {kind: directory, path: a}}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("FLOWYML_STATE_KEY", "a passphrase for tests alone")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "s.yaml").write_text(MANIFEST)
    project = Project.open(tmp_path)
    project.apply(project.plan("s"))
    return project


def refuse(code: str) -> object:
    def append(*_: object) -> None:
        raise StateError("the state may only be read", code=code)

    return append


def test_a_write_to_what_may_only_be_read_is_told_as_that(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    sqlite3.connect(path).executescript("CREATE TABLE t (x)")
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("INSERT INTO t VALUES (1)")
    assert translate(caught.value, path).code == "state.readonly"


def test_plans_and_checks_are_made_without_leaving_a_note(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Project, "append_events", refuse("state.readonly"))
    assert project.plan("s").empty
    assert project.validate("s") == ()


def test_any_other_failure_of_the_audit_log_stops_them(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Project, "append_events", refuse("state.io"))
    with pytest.raises(StateError):
        project.plan("s")
