"""The commands on a real project: what they do, what they say, how they end."""

from __future__ import annotations

import io
import json
import os
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from flowyml_infra.apply.engine import EngineContext, Subject
from flowyml_infra.apply.engines.local import LocalEngine
from flowyml_infra.cli.terminal import Terminal
from flowyml_infra.errors import EngineError
from flowyml_infra.project import Project
from flowyml_infra.state.key import DeploymentKey
from tests.support.commands import Ended, Run, as_a_new_user, run_words
from tests.support.kinds import forget

CANARY = "canary-7f3a"
MANIFEST = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata:
  name: iris
  version: "1.0.0"
  labels:
    team: data-science
spec:
  provider: local
  storage:
    artifact_store: .flowyml/iris/artifacts
    metadata_store: sqlite:///.flowyml/iris/metadata.db
  resources:
    reports:
      kind: directory
      path: .flowyml/iris/reports
      labels:
        content: evaluation
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs command lines in a fresh project from the local starter."""
    as_a_new_user(monkeypatch)

    def call(line: str, *more: str) -> Ended:
        return run_words(capsys, [*line.split(), *more])

    monkeypatch.chdir(tmp_path)
    assert call("init iris").code == 0
    monkeypatch.chdir(tmp_path / "iris")
    Path("stacks/iris.yaml").write_text(MANIFEST, encoding="utf-8")
    return call


def edit(path: str, old: str, new: str) -> None:
    text = Path(path).read_text(encoding="utf-8")
    assert old in text
    Path(path).write_text(text.replace(old, new), encoding="utf-8")


def made() -> set[str]:
    folder = Path(".flowyml/iris")
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


EVERYTHING = {"artifacts", "metadata.db", "reports"}


class TestValidate:
    def test_a_sound_definition_is_valid(self, run: Run) -> None:
        assert run("validate") == Ended(0, "Valid.\n", "")
        assert run("validate --json").document == {"format_version": "1", "valid": True, "diagnostics": []}

    def test_every_problem_has_its_line_and_cure(self, run: Run) -> None:
        edit("stacks/iris.yaml", "  storage:", "  storge:")
        edit("stacks/iris.yaml", "kind: directory", "kind: directry")
        ended = run("validate stacks/iris.yaml")
        assert ended.code == 1
        assert "stacks/iris.yaml:10:" in ended.out
        assert "did you mean 'storage'?" in ended.out
        document = run("validate --json").document
        assert document["valid"] is False
        assert document["diagnostics"][0]["line"] == 10

    def test_the_enterprise_form_does_the_same(self, run: Run) -> None:
        assert run("enterprise stack validate ./stacks/iris.yaml") == Ended(0, "Valid.\n", "")


class TestPlan:
    def test_it_makes_nothing_and_says_what_to_do_next(self, run: Run) -> None:
        ended = run("plan")
        assert ended.code == 0
        assert made() == set()
        assert "Plan: 3 to create, 0 to update, 0 to replace, 0 to delete." in ended.out
        assert ended.out.endswith("\nTo carry it out: flowyml-infra apply\n")

    @pytest.mark.parametrize("wish", ["--refresh", "--target local.directory.artifact_store"])
    def test_a_plan_of_special_wishes_says_to_save_it_because_an_apply_would_do_something_else(
        self, run: Run, wish: str
    ) -> None:
        assert run(f"plan {wish}").out.endswith("plan it again with --out FILE, then flowyml-infra apply FILE\n")

    def test_a_destruction_that_stopped_half_way_goes_on_with_the_same_command(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert run("apply --auto-approve").code == 0
        delete = LocalEngine.delete

        def fail(self: LocalEngine, subject: Subject, context: EngineContext) -> None:
            if subject.address.name == "artifact_store":
                raise EngineError("the disk is gone", address=subject.address)
            delete(self, subject, context)

        with monkeypatch.context() as patched:
            patched.setattr(LocalEngine, "delete", fail)
            ended = run("destroy --auto-approve")
        assert ended.code == 6
        assert "then `flowyml-infra destroy` goes on from there" in ended.err
        assert run("destroy --auto-approve").code == 0

    def test_a_stack_that_pipelines_used_is_destroyed_whole_or_not_at_all(self, run: Run) -> None:
        assert run("apply --auto-approve").code == 0
        assert run("run pipeline.py").code == 0
        before = {path for path in Path(".flowyml/iris").rglob("*") if path.is_file()}
        assert (
            run("plan --destroy").out.count("# it keeps data, and the data goes with it, if force_destroy is set") == 3
        )
        ended = run("destroy --auto-approve")
        assert ended.code == 1
        assert "2 of 3 resources cannot be deleted, so nothing was touched" in ended.err
        for place in ("artifacts has ", "metadata.db has rows in "):
            assert f".flowyml/iris/{place}" in ended.err
        assert "set force_destroy: true and apply that first" in ended.err
        assert before <= {path for path in Path(".flowyml/iris").rglob("*") if path.is_file()}
        assert len(run("state list --json").document["resources"]) == 3
        assert run("runs list").code == 0

        for old in ("artifact_store: .flowyml/iris/artifacts", "metadata_store: sqlite:///.flowyml/iris/metadata.db"):
            name, _, uri = old.partition(": ")
            edit("stacks/iris.yaml", old, f"{name}: {{uri: '{uri}', force_destroy: true}}")
        assert run("destroy --auto-approve").code == 0
        assert made() == set()

    def test_the_next_command_means_the_same_project_stack_and_environment(self, run: Run) -> None:
        assert "flowyml-infra apply iris --env dev --project ." in run("plan iris --env dev --project .").out

    def test_the_document_is_the_contracted_one(self, run: Run) -> None:
        ended = run("plan --json")
        assert ended.err == ""
        document = ended.document
        assert set(document) >= {"deployment", "definition", "changes", "summary", "policy", "cost"}
        assert set(document["deployment"]) == {"stack", "environment", "lineage", "serial"}
        assert set(document["changes"][0]) == {
            "address", "kind", "provider", "action", "before", "after", "after_unknown", "sensitive", "fields",
            "reasons", "depends_on", "children", "previous_address", "replace_order", "targeted",
        }  # fmt: skip
        assert document["summary"]["create"] == 3

    def test_detailed_exit_codes(self, run: Run) -> None:
        assert run("plan --detailed-exitcode").code == 2
        run("apply --auto-approve")
        assert run("plan --detailed-exitcode").code == 0
        edit("stacks/iris.yaml", "    team: data-science", "    other: data-science")
        assert run("plan --detailed-exitcode").code == 3
        assert run("plan").code == 0

    def test_targets_excludes_and_replacements(self, run: Run) -> None:
        assert "1 to create" in run("plan --target local.directory.reports").out
        assert "2 to create" in run("plan --exclude local.directory.reports").out
        run("apply --auto-approve")
        ended = run("plan --replace local.directory.reports")
        assert "must be replaced" in ended.out
        assert "--replace asks for it" in ended.out
        assert run("plan --target local.directory.nothing").code == 1

    def test_a_change_shows_before_and_after(self, run: Run) -> None:
        run("apply --auto-approve")
        edit("stacks/iris.yaml", "content: evaluation", "content: summaries")
        assert '~ labels.content = "evaluation" -> "summaries"' in run("plan").out

    def test_markdown_and_page(self, run: Run) -> None:
        ended = run("plan --markdown --html plan.html")
        assert ended.out.startswith("### `iris@default`")
        assert Path("plan.html").read_text(encoding="utf-8").startswith("<!doctype html>")
        assert run("plan --markdown --json").code == 1

    def test_refresh_sees_what_is_gone(self, run: Run) -> None:
        run("apply --auto-approve")
        reports = Path(".flowyml/iris/reports")
        for path in reports.iterdir():
            path.unlink()
        reports.rmdir()
        assert "No changes." in run("plan").out
        assert "local.directory.reports will be created" in run("plan --refresh").out

    def test_what_is_protected_is_refused_by_name(self, run: Run) -> None:
        assert run("apply --env production --auto-approve").code == 0
        ended = run("destroy --env production --auto-approve")
        assert ended.code == 1
        assert "local.directory.reports is protected and would be deleted" in ended.err

    def test_an_unknown_stack_and_environment_are_errors(self, run: Run) -> None:
        assert "did you mean 'iris'?" in run("plan irsi").err
        assert run("plan --env prod").code == 1


class TestSavedPlans:
    def test_one_does_exactly_what_it_says_once(self, run: Run) -> None:
        assert "To carry out exactly this: flowyml-infra apply first.plan" in run("plan --out first.plan").out
        assert Path("first.plan").stat().st_mode & 0o777 == 0o600
        ended = run("apply first.plan")
        assert ended.code == 0
        assert made() >= EVERYTHING
        assert run("apply first.plan").code == 5

    def test_it_can_be_shown_also_when_it_was_used(self, run: Run) -> None:
        planned = run("plan --out first.plan --json").document
        run("apply first.plan")
        assert run("show first.plan --json").document == planned
        assert "Plan: 3 to create" in run("show first.plan").out

    @pytest.mark.parametrize(
        ("path", "old", "new"),
        [
            ("first.plan", "reports", "rapport"),
            ("stacks/iris.yaml", "content: evaluation", "content: other"),
            ("flowyml.yaml", "    - team", "    - version"),
        ],
    )
    def test_one_that_was_edited_or_overtaken_is_refused(self, run: Run, path: str, old: str, new: str) -> None:
        run("plan --out first.plan")
        edit(path, old, new)
        ended = run("apply first.plan --json")
        assert ended.code == 5
        assert ended.document["diagnostics"][0]["hint"]
        assert made() == set()

    def test_what_is_no_plan_is_refused_as_one(self, run: Run) -> None:
        Path("junk.plan").write_bytes(b"\0junk")
        ended = run("apply junk.plan")
        assert ended.code == 5
        assert "junk.plan is not a saved plan" in ended.err


class TestApply:
    def test_without_anybody_to_ask_nothing_is_done(self, run: Run) -> None:
        ended = run("apply")
        assert ended.code == 1
        assert "give --auto-approve" in ended.err
        assert made() == set()

    @pytest.mark.parametrize(("answer", "code", "there"), [("yes", 0, EVERYTHING), ("y", 1, set()), ("", 1, set())])
    def test_only_yes_goes_on(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, there: set[str]
    ) -> None:
        class Person(io.StringIO):
            def isatty(self) -> bool:
                return True

        terminal = Terminal(io.StringIO(), Person(), Person(f"{answer}\n"), color=False)
        monkeypatch.setattr(Terminal, "of_process", classmethod(lambda cls, **_: terminal))
        assert run("apply").code == code
        assert "Apply this on iris@default? Only 'yes' goes on: " in terminal.err.getvalue()  # type: ignore[attr-defined]
        assert made() >= there
        assert bool(made()) == bool(there)

    def test_progress_counts_and_outputs_are_shown(self, run: Run) -> None:
        out = run("apply --auto-approve").out
        assert "local.directory.reports: created (" in out
        assert "Done: 3 created, " in out
        assert "  artifact_store.uri  = " in out

    def test_applying_nothing_says_so(self, run: Run) -> None:
        run("apply --auto-approve")
        ended = run("apply")
        assert ended.code == 0
        assert "No changes." in ended.out

    def test_the_document_is_the_contracted_one(self, run: Run) -> None:
        ended = run("apply --auto-approve --json")
        document = ended.document
        assert document["result"] == "succeeded"
        assert [item["action"] for item in document["applied"]] == ["create"] * 3
        assert {"deployment", "operation_id", "failed", "not_started", "outputs"} <= set(document)
        assert "local.directory.reports: created" in ended.err

    def test_quiet_shows_no_progress(self, run: Run) -> None:
        assert "created (" not in run("apply --auto-approve -q").out

    def test_what_the_policies_deny_is_not_touched(self, run: Run) -> None:
        edit("stacks/iris.yaml", "    team: data-science", "    other: data-science")
        ended = run("apply --auto-approve")
        assert ended.code == 3
        assert "required_labels: label 'team' is missing" in ended.out
        assert "required_labels" in ended.err
        assert made() == set()
        document = run("apply --auto-approve --json").document
        assert document["diagnostics"][0]["code"] == "policy.required_labels"

    def test_what_fails_is_named_and_the_rest_is_recorded(self, run: Run) -> None:
        Path(".flowyml/iris").mkdir(parents=True)
        Path(".flowyml/iris/reports").write_text("in the way")
        ended = run("apply --auto-approve")
        assert ended.code == 6
        assert "local.directory.reports: creating failed" in ended.out
        assert "2 of 3 changes were applied" in ended.err
        assert "The state has serial" in ended.err
        Path(".flowyml/iris/reports").unlink()
        assert run("apply --auto-approve").code == 0

    def test_the_document_of_a_partial_apply_says_how_far_it_went(self, run: Run) -> None:
        Path(".flowyml/iris").mkdir(parents=True)
        Path(".flowyml/iris/reports").write_text("in the way")
        ended = run("apply --auto-approve --json")
        assert (ended.code, ended.document["result"]) == (6, "partial")
        assert ended.document["failed"][0]["address"] == "local.directory.reports"
        assert ended.document["diagnostics"][0]["address"] == "local.directory.reports"

    def test_a_second_apply_learns_who_is_at_work(self, run: Run) -> None:
        run("apply --auto-approve")
        edit("stacks/iris.yaml", "content: evaluation", "content: other")
        store = Project.open(".").store()
        lease = store.acquire(DeploymentKey("iris"), "apply")
        ended = run("apply --auto-approve")
        assert ended.code == 4
        assert "iris@default is locked by" in ended.err
        assert "since" in ended.err
        listed = run("lock list").out
        assert "deployment:iris@default" in listed
        assert run("lock release deployment:iris@default").code == 1
        assert run("lock release deployment:iris@default --auto-approve").code == 0
        assert run("apply --auto-approve").code == 0
        store.release(lease)
        store.close()
        assert run("lock list").out == "Nothing is locked.\n"

    def test_ctrl_c_finishes_what_is_under_way_and_starts_no_more(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        create = LocalEngine.create

        def interrupted(*values: Any) -> Any:
            os.kill(os.getpid(), signal.SIGINT)
            return create(*values)

        monkeypatch.setattr(LocalEngine, "create", interrupted)
        ended = run("apply --auto-approve --parallelism 1")
        assert ended.code == 130
        assert "Stopping: what is under way is finished and recorded" in ended.err
        assert "stopped after 1 of 3 changes" in ended.err
        assert len(made()) == 1
        monkeypatch.undo()

    def test_after_ctrl_c_the_next_apply_goes_on(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        create = LocalEngine.create

        def once(*values: Any) -> Any:
            monkeypatch.setattr(LocalEngine, "create", create)
            os.kill(os.getpid(), signal.SIGINT)
            return create(*values)

        monkeypatch.setattr(LocalEngine, "create", once)
        document = run("apply --auto-approve --parallelism 1 --json").document
        assert document["result"] == "interrupted"
        assert len(document["not_started"]) == 2
        assert "2 to create" in run("apply --auto-approve").out
        assert made() >= EVERYTHING

    def test_ctrl_c_elsewhere_is_clean_too(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Project, "plan", interrupted)
        ended = run("plan")
        assert (ended.code, ended.out) == (130, "")

    def test_destroy_takes_everything_away(self, run: Run) -> None:
        run("apply --auto-approve")
        ended = run("destroy --auto-approve")
        assert ended.code == 0
        assert "Plan: 3 to delete." in ended.out
        assert made() == set()
        assert "Nothing to destroy." in run("destroy").out


class TestLook:
    def test_outputs_by_name(self, run: Run) -> None:
        assert "flowyml-infra apply iris" in run("output").err
        run("apply --auto-approve")
        raw = run("output artifact_store.uri --raw")
        assert raw.out == f"{Path('.flowyml/iris/artifacts').resolve().as_uri()}\n"
        assert run("output metadata_store --json").document["outputs"].keys() == {"metadata_store"}
        assert "did you mean 'artifact_store'?" in run("output artefact_store").err
        assert "did you mean 'uri'?" in run("output artifact_store.url").err
        assert run("output --raw").code == 1

    def test_show_and_state(self, run: Run) -> None:
        assert "was never applied" in run("show").out
        run("apply --auto-approve")
        assert run("show").out.startswith("iris@default: 3 resources, serial ")
        assert [item["address"] for item in run("state list --json").document["resources"]] == [
            "local.directory.artifact_store",
            "local.directory.reports",
            "local.sqlite.metadata_store",
        ]
        assert 'labels.content = "evaluation"' in run("state show local.directory.reports").out
        assert "did you mean 'local.directory.reports'?" in run("state show local.directory.report").err
        assert run("state history --json").document["operations"][0]["status"] == "succeeded"
        assert len(run("state pull").document["resources"]) == 3

    def test_state_is_corrected_by_hand(self, run: Run) -> None:
        run("apply --auto-approve")
        assert run("state mv local.directory.reports local.directory.summaries").code == 0
        edit("stacks/iris.yaml", "    reports:", "    summaries:")
        assert "No changes." in run("plan").out
        assert run("state rm local.directory.summaries").code == 1
        assert run("state rm local.directory.summaries --auto-approve --json").document["address"]
        assert "local.directory.summaries" not in run("state list").out
        assert Path(".flowyml/iris/reports").is_dir()

    def test_a_move_in_the_definition_shows_where_from(self, run: Run) -> None:
        run("apply --auto-approve")
        edit("stacks/iris.yaml", "    reports:", "    summaries:")
        with Path("stacks/iris.yaml").open("a", encoding="utf-8") as file:
            file.write("  moved:\n    - from: local.directory.reports\n      to: local.directory.summaries\n")
        out = run("plan").out
        assert "=> local.directory.summaries has moved here" in out
        assert "# was local.directory.reports" in out

    def test_graph(self, run: Run) -> None:
        assert run("graph").out.startswith("digraph stack {")
        assert run("graph --format mermaid").out.startswith("flowchart RL\n")
        document = run("graph --json").document
        assert document["nodes"] == [
            "local.directory.artifact_store",
            "local.directory.reports",
            "local.sqlite.metadata_store",
        ]
        assert document["edges"] == []

    def test_environments(self, run: Run) -> None:
        assert [item["name"] for item in run("env list --json").document["environments"]] == [
            "default",
            "dev",
            "production",
        ]

    def test_audit(self, run: Run) -> None:
        run("apply --auto-approve")
        names = [event["name"] for event in run("audit list --json").document["events"]]
        assert {"PlanCreated", "PolicyChecked", "StackApplied"} <= set(names)
        assert run("audit list --event StackApplied --stack iris").out.count("StackApplied") == 1
        assert run("audit verify").out.startswith("The audit log is whole.\n")
        with sqlite3.connect(".flowyml/state.db") as database:
            database.execute("UPDATE audit SET who = 'mallory' WHERE name = 'StackApplied'")
        ended = run("audit verify")
        assert ended.code == 1
        assert "was edited" in ended.out

    def test_runs_of_a_stack_without_any(self, run: Run) -> None:
        assert "flowyml-infra apply iris" in run("runs list").err
        run("apply --auto-approve")
        assert run("runs list").out == "No runs are recorded.\n"
        assert run("runs show 1").code == 1


class TestStacks:
    def test_listing_showing_using(self, run: Run) -> None:
        assert run("stack list").out.splitlines()[1].split() == ["*", "iris", "1.0.0", "stacks/iris.yaml"]
        assert "used because: active_stack is set" in run("stack show").out
        assert run("stack use local").code == 0
        assert run("stack show --json").document["stack"]["name"] == "local"
        assert "did you mean 'iris'?" in run("stack use irs").err

    def test_a_definition_is_shown_also_where_its_kinds_are_not_there_yet(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        forget(monkeypatch, "azure")
        Path("stacks/cloud.yaml").write_text(
            MANIFEST.partition("spec:")[0].replace("iris", "cloud")
            + "spec:\n  storage:\n    artifact_store: abfs://artifacts@account.dfs.core.windows.net\n",
            encoding="utf-8",
        )
        ended = run("stack show cloud")
        assert ended.code == 0
        assert 'spec.storage.artifact_store.uri = "abfs://artifacts@account.dfs.core.windows.net"' in ended.out
        assert "! kind azure.storage is not available in this version" in ended.out
        document = run("stack show cloud --json").document
        assert (document["resources"], len(document["diagnostics"])) == ([], 1)
        ended = run("plan cloud")
        assert ended.code == 1
        assert ended.err.count("kind azure.storage is not available") == 1

    def test_registering_provisions_nothing_and_is_found_by_name(self, run: Run) -> None:
        ended = run("enterprise stack apply ./stacks/iris.yaml")
        assert ended.code == 0
        assert "This provisions nothing. To do that: flowyml-infra apply iris" in ended.out
        Path("stacks/iris.yaml").unlink()
        assert "registered" in run("stack list").out
        assert run("plan iris").code == 0
        assert made() == set()


class TestSecrets:
    def test_no_command_shows_one_unless_asked(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REPORT_TOKEN", CANARY)
        edit("stacks/iris.yaml", "content: evaluation", "content: ${REPORT_TOKEN}")
        lines = (
            "validate", "plan", "plan --json", "plan --markdown", "plan -v", "plan --out p.plan", "show p.plan",
            "apply p.plan", "show", "show --json", "state show local.directory.reports", "state pull", "output --json",
            "stack show", "stack show --json", "audit list --json", "graph --json", "destroy --auto-approve --json",
        )  # fmt: skip
        for line in lines:
            ended = run(line)
            assert ended.code == 0, (line, ended.err)
            assert CANARY not in ended.out + ended.err, line
        assert "(secret)" in run("plan").out
        for path in Path().rglob("*"):
            assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path

    def test_a_secret_output_is_shown_to_who_asks_for_it(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DB_PASSWORD", CANARY)
        edit(
            "stacks/iris.yaml",
            "metadata_store: sqlite:///.flowyml/iris/metadata.db",
            'metadata_store: {uri: "postgresql://u:${DB_PASSWORD}@h/d", existing: true}',
        )
        assert CANARY not in run("apply --auto-approve").out
        assert run("output metadata_store.uri --raw").out == "(secret)\n"
        assert run("output --json").document["outputs"]["metadata_store"] == {"uri": "(secret)"}
        assert run("output metadata_store.uri --raw --show-secrets").out == f"postgresql://u:{CANARY}@h/d\n"
        monkeypatch.setenv("DB_PASSWORD", "another")
        assert "~ metadata_store.uri = (secret) -> (secret)" in run("plan").out


class TestTool:
    def test_the_project_and_the_state_can_be_elsewhere(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert run("apply --project iris --state sqlite:///other.db --auto-approve").code == 0
        assert (tmp_path / "iris" / "other.db").is_file()
        assert not (tmp_path / "iris" / ".flowyml" / "state.db").exists()
        assert "was never applied" in run("show --project iris").out
        assert run("plan --project nowhere").code == 1

    def test_init_writes_over_nothing(self, run: Run) -> None:
        ended = run("init .")
        assert ended.code == 1
        assert "is there already, so nothing was written" in ended.err
        assert "did you mean 'local'?" in run("init x --template locla").err
        assert run("init fresh --json").document["template"] == "local"

    def test_schemas_are_json_schemas(self, run: Run) -> None:
        from jsonschema import Draft202012Validator

        for name in ("manifest", "project"):
            Draft202012Validator.check_schema(json.loads(run(f"schema {name}").out))
        assert run("schema --json").document["title"]

    def test_doctor_finds_a_sound_project_sound(self, run: Run) -> None:
        ended = run("doctor")
        assert ended.code == 0
        assert "ok  project" in ended.out
        edit("flowyml.yaml", "project:", "projekt:")
        assert run("doctor").code == 1
        assert {item["status"] for item in run("doctor --json").document["checks"]} >= {"ok", "failed"}

    def test_doctor_names_the_copies_that_upgrades_kept_and_what_removes_them(self, run: Run) -> None:
        assert run("apply iris --auto-approve").code == 0
        state = next(Path.cwd().rglob("state.db"))
        copy = state.with_name("state.db.20260131T120000000000Z.backup")
        for name in (copy.name, "state.db.mine.backup"):
            state.with_name(name).touch()
        ended = run("doctor")
        assert ended.code == 0
        (line,) = [line for line in ended.out.splitlines() if "before an upgrade" in line]
        assert f"rm {copy}" in line

    def test_usage_errors_end_with_one(self, run: Run) -> None:
        assert run("plna").code == 1
        ended = run("plan --jsno --json")
        assert ended.code == 1
        assert ended.document["diagnostics"][0]["hint"] == "did you mean '--json'?"


class TestStateImportAndPush:
    def test_a_thing_that_is_there_is_taken_over_alone(self, run: Run) -> None:
        Path(".flowyml/iris/reports").mkdir(parents=True)
        Path(".flowyml/iris/reports/kept.txt").write_text("kept")
        ended = run("state import local.directory.reports .flowyml/iris/reports --auto-approve")
        assert ended.code == 0
        assert "imported" in ended.out
        assert [row["address"] for row in run("state list --json").document["resources"]] == ["local.directory.reports"]
        assert Path(".flowyml/iris/reports/kept.txt").read_text() == "kept"
        assert "2 to create" in run("plan").out

    def test_an_import_asks_first(self, run: Run) -> None:
        Path(".flowyml/iris/reports").mkdir(parents=True)
        assert run("state import local.directory.reports .flowyml/iris/reports").code == 1
        assert run("state list --json").document["resources"] == []

    @pytest.mark.parametrize(
        ("line", "message", "hint"),
        [
            ("local.directory.report x", "is to be imported, but is not declared", "did you mean"),
            ("local.directory.reports .flowyml/iris/reports", "is recorded already", "state rm"),
        ],
    )
    def test_an_import_of_nothing_or_of_what_is_recorded_is_refused(
        self, run: Run, line: str, message: str, hint: str
    ) -> None:
        run("apply --auto-approve")
        ended = run(f"state import {line} --auto-approve")
        assert ended.code == 1
        assert message in ended.err
        assert hint in ended.err

    def test_a_copy_goes_back_and_the_next_plan_has_nothing_to_do(self, run: Run) -> None:
        run("apply --auto-approve")
        Path("copy.json").write_text(run("state pull").out)
        run("state rm local.directory.reports --auto-approve")
        refused = run("state push copy.json --auto-approve")
        assert refused.code == 1
        assert "--force" in refused.err
        assert run("state push copy.json --auto-approve --force --json").document["changed"] == 1
        assert "No changes." in run("plan").out
        assert run("audit verify").code == 0

    def test_a_push_asks_first_and_reads_standard_input(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        run("apply --auto-approve")
        text = run("state pull").out
        Path("copy.json").write_text(text)
        assert run("state push copy.json").code == 1
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        assert run("state push - --auto-approve").code == 0
        assert "cannot be read" in run("state push nowhere.json --auto-approve").err
