"""Every starter: it is copied whole, sound as it stands, planned as recorded, and its pipeline runs on this machine."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from flowyml_infra.cli.commands.init import templates
from flowyml_infra.cli.main import execute

Golden = Callable[[str, str], None]
Shell = Callable[[str], tuple[int, str, str]]
CLOUDS = ["aws", "azure", "gcp", "hybrid", "kubernetes"]
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "FLOWYML_UPDATE_GOLDEN", "PYTHONPATH", "PYTEST_CURRENT_TEST")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Runs commands in a new folder, in an environment that says nothing about clouds."""
    for name in os.environ:
        if name not in KEPT:
            monkeypatch.delenv(name)
    monkeypatch.setenv("FLOWYML_STATE_KEY", "a passphrase for tests alone")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.chdir(tmp_path)

    def call(line: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = execute(line.split())
        return (code, *capsys.readouterr())

    return call


def test_there_is_one_for_this_machine_and_for_every_cloud() -> None:
    assert templates() == sorted(["local", *CLOUDS])


@pytest.mark.parametrize("template", CLOUDS)
def test_it_is_sound_and_planned_as_recorded(template: str, shell: Shell, golden: Golden) -> None:
    assert shell(f"init --template {template}")[0] == 0
    assert {"README.md", "flowyml.yaml", "pipeline.py", "stacks"} <= {path.name for path in Path().iterdir()}
    names = sorted(path.stem for path in Path("stacks").glob("*.yaml"))
    for name in names:
        assert shell(f"validate {name}") == (0, "Valid.\n", "")
    code, text, errors = shell("plan --all -v" if len(names) > 1 else "plan -v")
    assert (code, errors) == (0, "")
    golden(f"starter-{template}.txt", text)
    for name in names:
        suffix = f"-{name}" if len(names) > 1 else ""
        golden(f"starter-{template}{suffix}.md", shell(f"plan {name} --markdown")[1])
        document = json.loads(shell(f"plan {name} --json")[1])
        document["deployment"]["lineage"] = "made anew for every deployment"
        golden(f"starter-{template}{suffix}.json", json.dumps(document, indent=2) + "\n")


@pytest.mark.parametrize("template", CLOUDS)
def test_every_environment_is_planned_without_a_finding(template: str, shell: Shell) -> None:
    shell(f"init --template {template}")
    for environment in json.loads(shell("env list --json")[1])["environments"]:
        code, text, _ = shell(f"plan --json --env {environment['name']}")
        assert code == 0
        document = json.loads(text)
        assert document["policy"] == {"decision": "allow", "findings": []}
        assert document["summary"]["create"] == len(document["changes"])


@pytest.mark.parametrize("template", CLOUDS)
def test_its_pipeline_runs_on_this_machine(template: str, shell: Shell) -> None:
    shell(f"init --template {template}")
    code, text, _ = shell("run pipeline.py --stack local")
    assert code == 0
    assert "Succeeded" in text


@pytest.mark.parametrize("template", CLOUDS)
def test_what_is_protected_in_production_is_protected_by_the_cloud(template: str, shell: Shell) -> None:
    shell(f"init --template {template}")
    document = json.loads(shell("plan --json --env production")[1])
    protected = [change["address"] for change in document["changes"] if change["after"].get("deletion_protection")]
    assert protected or template in ("kubernetes", "hybrid")
