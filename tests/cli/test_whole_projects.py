"""``--all``: every stack of a project, in the order that their references ask for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from flowyml_infra.cli.main import execute
from tests.support.commands import as_a_new_user

Shell = Callable[[str], tuple[int, str, str]]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    as_a_new_user(monkeypatch)
    monkeypatch.chdir(tmp_path)
    Path("flowyml.yaml").write_text("environments: {dev: {}}\n")
    Path("stacks").mkdir()

    def call(line: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = execute(line.split())
        return (code, *capsys.readouterr())

    return call


def declare(name: str, artifacts: str, **labels: str) -> None:
    spec: dict[str, Any] = {"provider": "local", "storage": {"artifact_store": {"uri": artifacts, "labels": labels}}}
    manifest = {"apiVersion": "flowyml/v1", "kind": "StackDefinition", "metadata": {"name": name}, "spec": spec}
    Path(f"stacks/{name}.yaml").write_text(yaml.safe_dump(manifest))


def three() -> None:
    """``a`` needs ``z``, which needs ``m``: against the alphabet."""
    declare("a", "a", beside="${stacks.z.outputs.artifact_store.uri}")
    declare("z", "z", beside="${stacks.m.outputs.artifact_store.uri}")
    declare("m", "m")


def outcome(text: str) -> dict[str, str]:
    """By stack: the result of its apply, or why there is none."""
    stacks = json.loads(text)["stacks"]
    return {item["stack"]: item["apply"]["result"] if "apply" in item else str(item) for item in stacks}


def test_stacks_are_applied_after_those_they_need(shell):
    three()
    code, text, _ = shell("apply --all --auto-approve --json")
    assert code == 0
    assert list(outcome(text).items()) == [("m", "succeeded"), ("z", "succeeded"), ("a", "succeeded")]
    code, text, _ = shell("plan --all --detailed-exitcode")
    assert code == 0
    assert text.count("No changes.") == 3


def test_a_stack_that_fails_takes_those_with_it_that_need_it_and_no_others(shell):
    three()
    declare("m", "blocked/m")
    declare("other", "other")
    Path("blocked").write_text("in the way")
    code, text, _ = shell("apply --all --auto-approve --json")
    assert code == 6
    found = outcome(text)
    assert (found["m"], found["other"]) == ("failed", "succeeded")
    assert "it needs m, which failed" in found["z"]
    assert "it needs z, which failed" in found["a"]


def test_a_wrong_definition_is_told_and_the_others_are_planned(shell):
    declare("good", "good")
    Path("stacks/bad.yaml").write_text("kind: StackDefinition\nmetadata: {name: bad}\nspec: {oops: 1}\n")
    code, text, errors = shell("plan --all")
    assert code == 1
    assert "oops" in errors
    assert "local.directory.artifact_store will be created" in text


def test_people_see_each_plan_under_its_name(shell):
    declare("a", "a")
    declare("b", "b")
    code, text, _ = shell("plan --all --env dev --detailed-exitcode")
    assert code == 2
    assert text.index("For a@dev") < text.index("For b@dev")


def test_a_circle_of_stacks_is_named(shell):
    declare("a", "a", beside="${stacks.b.outputs.artifact_store.uri}")
    declare("b", "b", beside="${stacks.a.outputs.artifact_store.uri}")
    code, _, errors = shell("plan --all")
    assert code == 1
    assert "the stacks a, b need each other's outputs in a circle" in errors


@pytest.mark.parametrize("line", ["plan a --all", "plan --all --out f", "apply a --all"])
def test_what_is_about_one_stack_is_refused(shell, line):
    declare("a", "a")
    code, _, errors = shell(line)
    assert code == 1
    assert "exclude each other" in errors


def test_without_approval_nothing_is_made(shell):
    declare("a", "a")
    assert shell("apply --all")[0] == 1
    assert shell("apply --all --json")[0] == 1
    assert not Path("a").exists()
