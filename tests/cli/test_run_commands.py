"""Running pipelines from the command line, and looking at the runs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowyml_infra.cli.main import execute

Run = Callable[..., "tuple[int, str, str]"]

FAILING = """\
from flowyml_infra import Pipeline, step

@step
def first():
    print("said by the step")
    return 1

@step
def second(first):
    raise RuntimeError("it broke")

@step
def third(second):
    return 3

pipeline = Pipeline("failing", steps=[first, second, third])
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs command lines in the local starter, applied."""
    for name in [name for name in os.environ if name.startswith("FLOWYML_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FLOWYML_STATE_KEY", "a passphrase for tests alone")
    monkeypatch.setattr("sys.path", [*__import__("sys").path])

    def call(line: str, *more: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = execute([*line.split(), *more])
        out, err = capsys.readouterr()
        return int(code), out, err

    monkeypatch.chdir(tmp_path)
    assert call("init .")[0] == 0
    return call


def document(ended: tuple[int, str, str]) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(ended[1])
    assert loaded["format_version"] == "1"
    return loaded


def test_a_stack_that_is_not_applied_says_what_to_do(run: Run) -> None:
    code, _, err = run("run pipeline.py")
    assert code == 1
    assert "flowyml-infra apply iris" in err


class TestOnAnAppliedStack:
    @pytest.fixture(autouse=True)
    def applied(self, run: Run) -> None:
        assert run("apply --auto-approve")[0] == 0

    def test_the_starter_learns_something(self, run: Run) -> None:
        code, out, _ = run("run pipeline.py")
        assert code == 0
        found = re.search(r"evaluate\.accuracy = ([\d.]+)", out)
        assert found is not None
        assert float(found[1]) > 0.9
        assert "on iris@default, serial" in out

    def test_what_was_computed_is_not_computed_again(self, run: Run) -> None:
        run("run pipeline.py")
        again = document(run("run pipeline.py --json"))
        assert [step["cached"] for step in again["steps"]] == [True] * 4
        assert again["steps"][3]["metrics"]["accuracy"] > 0.9
        anew = document(run("run pipeline.py --json --no-cache"))
        assert [step["cached"] for step in anew["steps"]] == [False] * 4

    def test_edited_data_are_noticed(self, run: Run) -> None:
        run("run pipeline.py")
        rows = Path("data/iris.csv").read_text(encoding="utf-8").splitlines()
        Path("data/iris.csv").write_text("\n".join(rows[:-1]) + "\n", encoding="utf-8")
        assert not any(step["cached"] for step in document(run("run pipeline.py --json"))["steps"])

    def test_parameters_are_json_or_text(self, run: Run) -> None:
        run("run pipeline.py")
        steps = document(run("run pipeline.py --param epochs=3 --json"))["steps"]
        assert [step["cached"] for step in steps] == [True, True, False, False]
        code, _, err = run("run pipeline.py --param epoch=3")
        assert code == 1
        assert err.count("did you mean 'epochs'?") == 1
        assert run("run pipeline.py --param epochs")[0] == 1

    def test_runs_are_listed_and_shown(self, run: Run) -> None:
        run("run pipeline.py")
        run("run pipeline.py")
        latest, first = document(run("runs list --json"))["runs"]
        assert latest["binding"]["stack"] == "iris"
        assert latest["binding"]["serial"] == document(run("show --json"))["deployment"]["serial"]
        text = run(f"runs show {latest['id']}")[1]
        assert f"taken from run {first['id']}" in text
        shown = document(run(f"runs show {first['id']} --json"))
        assert [step["name"] for step in shown["steps"]] == ["load", "split", "train", "evaluate"]
        assert {metric["name"] for metric in shown["metrics"]} == {"loss", "accuracy"}
        assert "train.model: " in run(f"runs show {first['id']}")[1]
        assert len(document(run("runs list --limit 1 --json"))["runs"]) == 1
        assert document(run("runs list --pipeline other --json"))["runs"] == []

    def test_a_failing_step_is_shown_where_it_failed(self, run: Run) -> None:
        Path("failing.py").write_text(FAILING, encoding="utf-8")
        code, out, _ = run("run failing.py")
        assert code == 1
        assert "second  failed" in out
        assert "What went wrong in second:\n  RuntimeError: it broke\n" in out
        assert "failing.py:10 in second" in out
        assert "third   skipped" in out
        recorded = run(f"runs show {document(run('runs list --json'))['runs'][0]['id']}")[1]
        assert "what went wrong in second:\n    RuntimeError: it broke\n" in recorded

    def test_what_steps_print_stays_out_of_the_document(self, run: Run) -> None:
        Path("failing.py").write_text(FAILING, encoding="utf-8")
        ended = run("run failing.py --json")
        assert document(ended)["run"]["status"] == "failed"
        assert "said by the step" in ended[2]

    def test_the_stack_can_be_another_one(self, run: Run) -> None:
        assert "on local@default" in run("run pipeline.py --stack local")[1]
        assert "on iris@production" not in run("run pipeline.py --env production")[1]
        assert run("run pipeline.py --env production")[0] == 1
        run("apply --env production --auto-approve")
        assert "on iris@production" in run("run pipeline.py --env production")[1]

    def test_where_steps_run_can_be_said(self, run: Run) -> None:
        code, _, err = run("run pipeline.py --orchestrator kubeflow")
        assert (code, "--orchestrator local" in err) == (1, True)
        assert json.loads(run("runs list --json")[1])["runs"] == []
        assert run("run pipeline.py --orchestrator local")[0] == 0

    def test_the_project_can_be_elsewhere(self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path.parent)
        code, out, _ = run(f"run {tmp_path / 'pipeline.py'} --project {tmp_path}")
        assert (code, "on iris@default" in out) == (0, True)

    def test_policies_judge_the_run(self, run: Run) -> None:
        config = Path("flowyml.yaml")
        config.write_text(config.read_text(encoding="utf-8").replace("- team", "- approved"), encoding="utf-8")
        code, out, err = run("run pipeline.py")
        assert (code, out) == (3, "")
        assert "approved" in err

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("x = 1\n", "makes no pipeline"),
            ("raise ValueError('no')\n", "cannot be loaded: ValueError: no"),
            ("import nothing_of_this_name\n", "No module named 'nothing_of_this_name'"),
            ("def broken(:\n", "SyntaxError"),
            ("import sys\nsys.exit(3)\n", "SystemExit"),
            (FAILING + "other = Pipeline('other', steps=[first])\n", "makes 2 pipelines: failing, other"),
        ],
    )
    def test_a_file_that_makes_no_single_pipeline_is_refused(self, run: Run, text: str, message: str) -> None:
        Path("odd.py").write_text(text, encoding="utf-8")
        code, _, err = run("run odd.py")
        assert code == 1
        assert message in err
        assert "Traceback" not in err

    def test_one_of_several_pipelines_can_be_chosen(self, run: Run) -> None:
        Path("two.py").write_text(FAILING + "other = Pipeline('other', steps=[first])\n", encoding="utf-8")
        assert run("run two.py --pipeline other")[0] == 0
        assert "did you mean 'other'?" in run("run two.py --pipeline othr")[2]

    def test_a_run_that_is_stopped_is_recorded_as_interrupted(self, run: Run) -> None:
        Path("stopped.py").write_text(
            FAILING.replace('RuntimeError("it broke")', "KeyboardInterrupt"), encoding="utf-8"
        )
        code, _, err = run("run stopped.py")
        assert code == 130
        assert "interrupted" in err
        assert document(run("runs list --json"))["runs"][0]["status"] == "interrupted"

    def test_destroy_takes_the_sample_away(self, run: Run) -> None:
        run("run pipeline.py")
        assert run("destroy --auto-approve")[0] == 0
        assert not Path(".flowyml/iris/artifacts").exists()


class TestQuickstart:
    def test_it_walks_the_whole_path_and_can_be_kept(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FLOWYML_STATE_URL", "sqlite:///elsewhere.db")
        monkeypatch.setenv("FLOWYML_STACK", "another")
        code, out, err = run("quickstart tour")
        assert (code, err) == (0, "")
        assert "$ flowyml-infra plan --out first.plan\n" in out
        assert "Policies allow this plan." in out
        assert "evaluate.accuracy = 0.9" in out
        assert "No changes. iris@default has its 3 resources" in out
        assert not list(Path().rglob("elsewhere.db"))
        assert os.environ["FLOWYML_STATE_URL"] == "sqlite:///elsewhere.db"
        assert "is there already" in run("quickstart tour")[2]

    def test_as_json_it_lists_its_steps(self, run: Run) -> None:
        ended = run("quickstart tour --json")
        steps = document(ended)["steps"]
        assert [step["exit_code"] for step in steps] == [0] * 7
        assert "Plan: 3 to create" in ended[2]

    def test_it_stops_at_the_first_step_that_fails(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        from flowyml_infra.project import Project

        def refuse(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Project, "plan", refuse)
        code, out, err = run("quickstart tour")
        assert code == 1
        assert "No space left on device" in err
        assert "$ flowyml-infra apply" not in out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_command_and_option(run: Run, shell: str) -> None:
    code, out, _ = run(f"completion {shell}")
    assert code == 0
    for word in ("quickstart", "history", "detailed-exitcode", "auto-approve"):
        assert word in out
    assert run("completion tcsh")[0] == 1


def test_completion_for_bash_completes(run: Run) -> None:
    import shutil
    import subprocess

    script = run("completion bash")[1]
    assert shutil.which("bash")

    def completed(*words: str) -> set[str]:
        listed = " ".join(f"'{word}'" for word in ("flowyml-infra", *words))
        ask = f"{script}\nCOMP_WORDS=({listed}); COMP_CWORD={len(words)}; _flowyml_infra; echo ${{COMPREPLY[@]}}"
        ended = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
        return set(ended.stdout.split())

    assert completed("pl") == {"plan"}
    assert completed("state", "") >= {"list", "mv", "history"}
    assert "--markdown" in completed("plan", "prod", "--m")
    assert completed("plan", "--detailed") == {"--detailed-exitcode"}
