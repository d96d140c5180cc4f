"""Changes that stop half way, in every combination that once lost something: what is kept, and what comes next."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from flowyml_infra.apply.engines.local import LocalEngine
from flowyml_infra.cli.main import execute
from tests.support.commands import as_a_new_user

FIRST = {"create_before_destroy": True}
Shell = Callable[[str], tuple[int, str]]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    as_a_new_user(monkeypatch)
    monkeypatch.chdir(tmp_path)
    Path("flowyml.yaml").write_text("active_stack: s\n")
    Path("stacks").mkdir()

    def call(line: str) -> tuple[int, str]:
        capsys.readouterr()
        code = execute(line.split())
        out, err = capsys.readouterr()
        return code, out + err

    return call


def declare(storage: dict[str, Any] | None = None, moved: list[dict[str, str]] | None = None, **resources: Any) -> None:
    """Write the manifest; a resource is its path, or its properties."""
    written = {
        name: {"kind": "directory", **({"path": item} if isinstance(item, str) else item)}
        for name, item in resources.items()
    }
    spec = {"provider": "local", "resources": written, "moved": moved or [], "storage": storage or {}}
    manifest = {"apiVersion": "flowyml/v1", "kind": "StackDefinition", "metadata": {"name": "s"}, "spec": spec}
    Path("stacks/s.yaml").write_text(yaml.safe_dump(manifest))


def apply(shell: Shell, *, parallelism: int = 10) -> int:
    return shell(f"apply --auto-approve -q --parallelism {parallelism}")[0]


def recorded(shell: Shell) -> dict[str, str]:
    document = json.loads(shell("state list --json")[1])
    return {item["address"]: item["id"] for item in document["resources"]}


class TestAReplacementThatFails:
    def test_what_it_left_behind_stays_until_its_successor_is_made(self, shell):
        keep = {"path": "p1", "force_destroy": True, "lifecycle": FIRST}
        declare(a=keep)
        assert apply(shell) == 0
        Path("p1/data").write_text("precious")
        Path("blocked").write_text("a file")
        declare(a={**keep, "path": "blocked/x"})
        assert [apply(shell), apply(shell)] == [6, 6]
        assert Path("p1/data").read_text() == "precious"
        Path("blocked").unlink()
        assert apply(shell) == 0
        assert not Path("p1").exists()

    def test_a_name_can_be_gone_back_to(self, shell, monkeypatch):
        follower = {"path": "u", "labels": {"at": "${resources.a.outputs.uri}"}}
        declare(a={"path": "p1", "lifecycle": FIRST}, u=follower)
        assert apply(shell) == 0
        declare(a={"path": "p2", "lifecycle": FIRST}, u=follower)
        with monkeypatch.context() as patch:
            patch.setattr(LocalEngine, "delete", _unable)
            assert apply(shell) == 6
        declare(a={"path": "p1", "lifecycle": FIRST}, u=follower)
        assert apply(shell) == 0
        assert (Path("p1").is_dir(), Path("p2").exists()) == (True, False)
        assert shell("plan --detailed-exitcode")[0] == 0

    def test_outputs_name_nothing_that_is_gone_and_no_run_makes_it_again(self, shell):
        declare(storage={"artifact_store": "art", "metadata_store": "sqlite:///m.db"})
        assert apply(shell) == 0
        Path("blocked").write_text("a file")
        declare(storage={"artifact_store": "blocked/art", "metadata_store": "sqlite:///m.db"})
        code, text = shell("apply --auto-approve --json")
        assert (code, json.loads(text.splitlines()[0])["result"]) == (6, "partial")
        assert "artifact_store" not in json.loads(shell("output --json")[1])["outputs"]
        Path("pipe.py").write_text(
            "from flowyml_infra import Pipeline, step\n\n\n@step\ndef one():\n    return 1\n\n\n"
            "pipeline = Pipeline('p', steps=[one])\n"
        )
        code, text = shell("run pipe.py")
        assert code == 1
        assert "the artifact_store of s@default is not applied" in text
        assert not Path("art").exists()


def _unable(*_: object) -> None:
    from flowyml_infra.errors import EngineError

    raise EngineError("cannot be deleted today")


class TestPartsOfAStack:
    def test_destroying_a_part_keeps_the_outputs_of_the_rest(self, shell):
        declare(storage={"artifact_store": "art"}, x="x")
        assert apply(shell) == 0
        assert shell("plan --destroy --target local.directory.x --out part")[0] == 0
        assert shell("apply part")[0] == 0
        assert shell("output artifact_store.path --raw")[1].strip().endswith("/art")
        assert shell("plan --destroy --target local.directory.artifact_store --out part")[0] == 0
        assert shell("apply part")[0] == 0
        assert "artifact_store" not in json.loads(shell("output --json")[1])["outputs"]

    def test_a_target_shows_only_the_outputs_that_it_changes(self, shell):
        declare(storage={"artifact_store": "art"}, a="a")
        assert apply(shell) == 0
        declare(storage={"artifact_store": "art2"}, a="a")
        assert shell("plan --target local.directory.a --detailed-exitcode")[0] == 0

    def test_a_refresh_of_a_part_records_that_part(self, shell):
        declare(a="a", c="c")
        assert apply(shell) == 0
        Path("a").chmod(0o700)
        (Path("c") / ".flowyml-resource.json").unlink()
        Path("c").rmdir()
        assert shell("plan --refresh --exclude local.directory.c --out part")[0] == 0
        assert shell("apply part")[0] == 0
        assert set(recorded(shell)) == {"local.directory.a", "local.directory.c"}

    def test_a_target_takes_what_it_depends_on_and_what_a_replacement_left_behind(self, shell, monkeypatch):
        declare(
            base="base",
            a={"path": "p1", "lifecycle": FIRST, "depends_on": ["local.directory.base"]},
            user={"path": "user", "depends_on": ["local.directory.a"]},
        )
        assert apply(shell) == 0
        text = Path("stacks/s.yaml").read_text()
        Path("stacks/s.yaml").write_text(text.replace("path: p1", "path: p2").replace("path: base", "path: base2"))
        with monkeypatch.context() as patch:
            patch.setattr(LocalEngine, "delete", _unable)
            assert apply(shell) == 6
        document = json.loads(shell("plan --target local.directory.a --json")[1])
        found = {(item["address"], item["action"]) for item in document["changes"] if item["action"] != "noop"}
        assert ("local.directory.a", "delete") in found
        assert not any(address == "local.directory.user" for address, _ in found)


class TestMoves:
    def test_a_refresh_follows_them(self, shell):
        declare(a="p1")
        assert apply(shell) == 0
        Path("p1").chmod(0o700)
        declare(b="p1", moved=[{"from": "local.directory.a", "to": "local.directory.b"}])
        assert shell("plan --refresh --out p")[0] == 0
        assert shell("apply p")[0] == 0
        assert recorded(shell) == {"local.directory.b": "p1"}
        assert shell("plan --detailed-exitcode")[0] == 0

    def test_what_was_made_after_it_still_goes_before_it(self, shell):
        declare(b="p", u="p/u")
        assert apply(shell) == 0
        declare(c="p", u="p/u", moved=[{"from": "local.directory.b", "to": "local.directory.c"}])
        assert shell("plan --target local.directory.c --out x")[0] == 0
        assert shell("apply x")[0] == 0
        assert shell("destroy --auto-approve --parallelism 1")[0] == 0


class TestPlacesThatChangeHands:
    @pytest.mark.parametrize("parallelism", [1, 10])
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ({"z": {"kind": "oci_registry", "path": "x"}}, {"a": "x"}),
            ({"z": "data"}, {"c": "data/sub"}),
            ({"z": "data/sub"}, {"a": "data"}),
        ],
    )
    def test_what_leaves_makes_room_for_what_comes(self, shell, before, after, parallelism):
        declare(**before)
        assert apply(shell) == 0
        declare(**after)
        assert apply(shell, parallelism=parallelism) == 0
        assert shell("plan --detailed-exitcode")[0] == 0


class TestSavedPlans:
    def test_the_variables_of_the_applying_machine_do_not_matter(self, shell, monkeypatch):
        monkeypatch.setenv("WHERE", "w1")
        declare(a="${WHERE}/x")
        assert shell("plan --out p")[0] == 0
        monkeypatch.delenv("WHERE")
        assert shell("apply p")[0] == 0
        assert Path("w1/x").is_dir()

    def test_nor_does_the_folder_that_the_plan_was_made_in(self, shell, monkeypatch):
        declare(a="x")
        Path("sub").mkdir()
        monkeypatch.chdir("sub")
        assert shell("plan ../stacks/s.yaml --out ../p.plan")[0] == 0
        monkeypatch.chdir("..")
        assert shell("apply p.plan")[0] == 0

    def test_a_file_with_the_name_of_the_stack_is_not_taken_for_its_manifest(self, shell):
        declare(a="x")
        Path("s").write_text("something else")
        assert shell("plan s --out p")[0] == 0
        assert shell("apply p")[0] == 0
        assert shell("apply s --auto-approve")[0] == 0

    def test_another_environment_than_its_own_is_a_mistake(self, shell):
        declare(a="x")
        assert shell("plan --out p")[0] == 0
        code, text = shell("apply p --env production")
        assert code == 1
        assert "was made for s@default" in text

    def test_one_without_changes_is_used_once_too(self, shell):
        declare(a="x")
        assert apply(shell) == 0
        assert shell("plan --out n")[0] == 0
        assert [shell("apply n")[0], shell("apply n")[0]] == [0, 5]

    def test_and_refused_when_the_definition_changed(self, shell):
        declare(a="x")
        assert apply(shell) == 0
        assert shell("plan --out n")[0] == 0
        declare(a="x", b="y")
        assert shell("apply n")[0] == 5

    @pytest.mark.parametrize("signature", ["é", "\ud800"])
    def test_a_foreign_signature_is_an_edited_plan(self, shell, signature):
        declare(a="x")
        assert shell("plan --out p")[0] == 0
        outer = json.loads(Path("p").read_text())
        Path("p").write_text(json.dumps({**outer, "signature": signature}))
        assert shell("apply p")[0] == 5


class TestStatesWithoutADefinition:
    @pytest.mark.parametrize("command", ["state list s", "state history s", "state pull s", "show s"])
    def test_what_is_recorded_can_be_looked_at(self, shell, command):
        declare(a="x")
        assert apply(shell) == 0
        Path("stacks/s.yaml").unlink()
        assert shell(command)[0] == 0
        Path("stacks/s.yaml").write_text("kind: StackDefinition\nmetadata: {name: s}\nspec: {oops: 1}\n")
        assert shell(command)[0] == 0


class TestWhatNoEngineMakesYet:
    def test_it_is_planned_and_its_apply_is_refused_before_anything_is_touched(self, shell):
        declare(a="x", data={"kind": "bucket", "provider": "gcp", "region": "europe-west1", "project_id": "p-1"})
        code, text = shell("plan")
        assert code == 0
        assert "gcp.bucket.data will be created" in text
        code, text = shell("apply --auto-approve")
        assert code == 1
        assert "this version plans gcp.bucket.data, and cannot make it yet" in text
        assert not Path("x").exists()

    @pytest.mark.parametrize("missing", ["pulumi", "pulumi_kubernetes"])
    def test_what_makes_it_is_to_be_installed_first_and_nothing_is_touched_before(self, shell, monkeypatch, missing):
        space = {"kind": "namespace", "provider": "kubernetes", "name": "team-a"}
        declare(a="x", space=space)
        monkeypatch.setitem(sys.modules, missing, None)
        assert shell("plan")[0] == 0
        for command in ("apply --auto-approve", "plan --preview"):
            code, text = shell(command)
            assert code == 1
            assert f"the Python package {missing} is missing" in text
            assert "pip install 'flowyml-infra[kubernetes]'" in text
        assert not Path("x").exists()
        assert shell("state list")[1].startswith("Nothing is recorded")

    def test_a_place_that_is_missing_is_an_error_at_plan_and_none_at_validate(self, shell, monkeypatch):
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            monkeypatch.delenv(name, raising=False)
        declare(data={"kind": "bucket", "provider": "aws"})
        assert shell("validate")[0] == 0
        code, text = shell("plan")
        assert code == 1
        assert "a region is not said, and aws.bucket.data needs it" in text
        monkeypatch.setenv("AWS_REGION", "eu-west-1")
        assert shell("plan")[0] == 0
