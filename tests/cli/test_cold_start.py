"""The command as a process of its own: what it loads, how it ends, and what a shell sees of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "sqlalchemy",
    "alembic",
    "pydantic",
    "pydantic_core",
    "pulumi",
    "yaml",
    "rich",
    "typer",
    "click",
    "cryptography",
}
HEAVY |= {"fsspec", "tenacity", "asyncio", "importlib.metadata"}


def command(*words: str, cwd: Path, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLOWYML_")}
    settings = {**kept, "FLOWYML_STATE_KEY": "a passphrase for tests alone", **(environment or {})}
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "flowyml_infra", *words],
        cwd=cwd,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def loaded(ended: subprocess.CompletedProcess[str]) -> set[str]:
    lines = [line for line in ended.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def heavy(ended: subprocess.CompletedProcess[str]) -> set[str]:
    return HEAVY.intersection(loaded(ended))


def said(ended: subprocess.CompletedProcess[str]) -> str:
    return "\n".join(line for line in ended.stderr.splitlines() if not line.startswith("import time:"))


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("plan", "--help"), ("state", "--help"), ("plna",)])
def test_help_loads_nothing_heavy(words: tuple[str, ...], tmp_path: Path) -> None:
    ended = command(*words, cwd=tmp_path)
    assert ended.returncode == (1 if words == ("plna",) else 0)
    assert "flowyml_infra.cli.main" in loaded(ended)
    assert heavy(ended) == set()


def test_a_plan_without_changes_loads_nothing_heavy(tmp_path: Path) -> None:
    assert command("init", ".", cwd=tmp_path).returncode == 0
    assert command("apply", "--auto-approve", cwd=tmp_path).returncode == 0
    command("plan", cwd=tmp_path)
    ended = command("plan", cwd=tmp_path)
    assert ended.stdout.startswith("No changes.")
    assert heavy(ended) == set()


def test_asking_again_for_a_plan_without_changes_loads_next_to_nothing(tmp_path: Path) -> None:
    for words in (("quickstart", "tour"), ("--project", "tour", "plan"), ("--project", "tour", "plan")):
        ended = command(*words, cwd=tmp_path)
        assert ended.returncode == 0
    assert "No changes" in ended.stdout
    assert {"dataclasses", "inspect", "shutil", "flowyml_infra.plan.planner"}.isdisjoint(loaded(ended))
    assert {"cryptography", "platformdirs", "http.client", "flowyml_infra.audit.signing"}.isdisjoint(loaded(ended))


def test_the_process_ends_with_the_contracted_code(tmp_path: Path) -> None:
    assert command("init", ".", cwd=tmp_path).returncode == 0
    assert command("plan", "--detailed-exitcode", cwd=tmp_path).returncode == 2
    ended = command("apply", "missing.plan", cwd=tmp_path)
    assert ended.returncode == 1
    assert "missing.plan" in said(ended)


def test_a_pipe_gets_no_colors_and_a_poor_encoding_no_crash(tmp_path: Path) -> None:
    assert command("init", ".", cwd=tmp_path).returncode == 0
    manifest = tmp_path / "stacks" / "iris.yaml"
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace("force_destroy: true", "labels: {de: für, zh: 語}"),
        encoding="utf-8",
    )
    ended = command("plan", cwd=tmp_path, environment={"PYTHONIOENCODING": "ascii", "TERM": "xterm"})
    assert ended.returncode == 0
    assert "\x1b" not in ended.stdout
    assert ' = "f\\xfcr"' in ended.stdout
    assert ' = "\\u8a9e"' in ended.stdout


def test_a_reader_that_goes_away_gets_no_trace(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "flowyml_infra", "--help"],
        cwd=tmp_path,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, "")
