"""Owns what tests of drift share: a small project on this machine, and a command line to ask."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from flowyml_infra.cli.main import execute
from tests.state.places import PostgresPlace, SqlitePlace
from tests.support.commands import as_a_new_user

CANARY = "canary-hunter2-5c0d"
MANIFEST = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata: {name: s}
spec:
  provider: local
  storage: {artifact_store: made/art}
  resources:
    changed: {kind: directory, path: made/changed, labels: {shade: red, token: "${LOGIN_TOKEN}"}}
    gone: {kind: directory, path: made/gone}
    same: {kind: directory, path: made/same}
    free: {kind: directory, path: made/free, lifecycle: {ignore_changes: [mode]}}
"""
CHANGED, GONE, ART = "local.directory.changed", "local.directory.gone", "local.directory.artifact_store"


class Shell:
    """Runs commands in the project; keeps all that they ever said."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.said = ""

    def __call__(self, *words: str) -> tuple[int, str]:
        """The exit code, and what was said; one word alone is split at its spaces."""
        code, out, err = self.streams(*words)
        return code, out + err

    def streams(self, *words: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        code = int(execute(words[0].split() if len(words) == 1 else list(words)))
        out, err = self._capsys.readouterr()
        self.said += out + err
        return code, out, err

    def json(self, *words: str) -> tuple[int, dict[str, Any]]:
        """The exit code and the document."""
        line = words[0].split() if len(words) == 1 else list(words)
        code, out, _ = self.streams(*line, "--json")
        return code, json.loads(out)

    def ack(self, address: str, until: str, why: str = "known") -> tuple[int, str]:
        return self("drift", "--ack", address, "--until", until, "--why", why)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path):
    """A state that nobody has used, of each kind."""
    if request.param == "sqlite":
        return SqlitePlace(tmp_path, f"sqlite:///{tmp_path}/.flowyml/state.db")
    return PostgresPlace(tmp_path, request.getfixturevalue("postgresql").new_url())


@pytest.fixture
def bare_shell(tmp_path, monkeypatch, capsys):
    """A project with nothing applied, and a state in a file."""
    as_a_new_user(monkeypatch)
    monkeypatch.setenv("LOGIN_TOKEN", CANARY)
    monkeypatch.chdir(tmp_path)
    Path("flowyml.yaml").write_text("active_stack: s\n")
    Path("stacks").mkdir()
    Path("stacks/s.yaml").write_text(MANIFEST)
    return Shell(capsys)


@pytest.fixture
def shell(bare_shell):
    """The project, applied."""
    assert bare_shell("apply --auto-approve -q")[0] == 0
    return bare_shell


@pytest.fixture
def shell_on(bare_shell, place, monkeypatch):
    """The project, applied, with its state in each kind of database."""
    monkeypatch.setenv("FLOWYML_STATE_URL", place.url)
    assert bare_shell("apply --auto-approve -q")[0] == 0
    return bare_shell


def stray() -> None:
    """Change the world behind the project's back: one thing changed, one gone."""
    Path("made/changed").chmod(0o700)
    shutil.rmtree("made/gone")
