"""`state rollback-plan` as people and programs meet it, and what `state history` says about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import Ended, Run, as_a_new_user, run_words

MANIFEST = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata: {name: iris}
spec:
  provider: local
  resources:
    reports: {kind: directory, path: made/reports, force_destroy: true, labels: {shade: red}}
"""
MORE = "    more: {kind: directory, path: made/more, force_destroy: true}\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs command lines in a project whose stack was applied twice: with `more` the second time."""
    as_a_new_user(monkeypatch)
    monkeypatch.chdir(tmp_path)

    def call(line: str, *more: str) -> Ended:
        return run_words(capsys, [*line.split(), *more])

    Path("flowyml.yaml").write_text("project: {name: iris}\nactive_stack: iris\n")
    Path("stacks").mkdir()
    Path("stacks/iris.yaml").write_text(MANIFEST)
    assert call("apply --auto-approve").code == 0
    Path("stacks/iris.yaml").write_text(MANIFEST + MORE)
    assert call("apply --auto-approve").code == 0
    return call


def history(run: Run) -> list[dict[str, object]]:
    return run("state history --json").document["operations"]


def test_the_plan_says_where_it_leads_what_it_changes_and_what_is_left_to_do(run: Run) -> None:
    oldest = history(run)[-1]
    ended = run("state rollback-plan --out back.plan")
    assert ended.code == 0
    assert ended.out.startswith(f"Back to what apply {oldest['id']} declared: by ")
    assert f", serial 0 -> {oldest['serial_after']}, succeeded.\n" in ended.out
    assert "- local.directory.more will be deleted" in ended.out
    assert "Plan: 0 to create, 0 to update, 0 to replace, 1 to delete, 1 unchanged." in ended.out
    assert "To carry out exactly this: flowyml-infra apply back.plan" in ended.out
    assert (
        "That leaves stacks/iris.yaml as it is: the next `flowyml-infra plan` shows what it would change" in ended.out
    )
    assert Path("made/more").is_dir()


def test_it_is_shown_and_applied_from_its_file_once(run: Run) -> None:
    run("state rollback-plan --out back.plan")
    assert "local.directory.more will be deleted" in run("show back.plan").out
    assert run("apply back.plan").code == 0
    assert not Path("made/more").exists()
    assert run("apply back.plan").code == 5
    assert "+ local.directory.more will be created" in run("plan").out
    assert run("state rollback-plan --out forth.plan").code == 0
    assert run("apply forth.plan").code == 0
    assert "No changes." in run("plan").out


def test_a_stale_one_exits_with_5(run: Run) -> None:
    run("state rollback-plan --out back.plan")
    Path("stacks/iris.yaml").write_text(MANIFEST.replace("red", "blue") + MORE)
    run("apply --auto-approve")
    assert run("apply back.plan").code == 5
    assert Path("made/more").is_dir()


def test_programs_get_the_contracted_plan_with_what_it_goes_back_to(run: Run) -> None:
    oldest = history(run)[-1]
    document = run("state rollback-plan --json").document
    assert document["rollback"] == {"operation": oldest["id"], "definition": oldest["recorded_definition"]}
    assert document["summary"]["delete"] == 1
    run("state rollback-plan --out back.plan")
    assert run("show back.plan --json").document["rollback"] == document["rollback"]
    assert "rollback" not in run("plan --json").document


def test_operations_serials_and_digests_name_what_to_go_back_to(run: Run) -> None:
    newest, oldest = history(run)
    for to in (
        oldest["id"],
        oldest["serial_after"],
        oldest["definition_digest"],
        str(oldest["recorded_definition"])[:8],
    ):
        assert run(f"state rollback-plan --json --to {to}").document["rollback"]["operation"] == oldest["id"]
    ended = run(f"state rollback-plan iris --to {newest['id']}")
    assert "No changes. iris@default has its 2 resources as stacks/iris.yaml as of operation" in ended.out


def test_only_a_target_goes_back_where_that_is_asked(run: Run) -> None:
    Path("stacks/iris.yaml").write_text(MANIFEST.replace("red", "blue"))
    run("apply --auto-approve")
    document = run("state rollback-plan --json --target local.directory.reports").document
    assert [change["action"] for change in document["changes"]] == ["update"]


def test_what_cannot_be_gone_back_to_is_an_error_that_lists_what_can(run: Run) -> None:
    ended = run("state rollback-plan --to 99")
    assert ended.code == 1
    assert "iris@default has no apply 99, by its operation, serial or definition" in ended.err
    assert all(str(item["id"]) in ended.err for item in history(run))
    (found,) = run("state rollback-plan --json --to 99").document["diagnostics"]
    assert found["code"] == "state.no_definition"
    assert run("state rollback-plan other").code == 1


def test_history_shows_what_there_is_a_way_back_to(run: Run) -> None:
    run("destroy --auto-approve")
    lines = run("state history").out.splitlines()
    operations = history(run)
    assert lines[0].split()[:2] == ["ID", "STARTED"]
    assert [line.split()[0] for line in lines[1:4]] == [item["id"] for item in operations]
    assert [
        str(item["recorded_definition"])[:12] in line for item, line in zip(operations, lines[1:], strict=False)
    ] == [
        False,
        True,
        True,
    ]
    assert "`flowyml-infra state rollback-plan --to ID` plans the way back" in lines[-1]


def test_a_plan_that_the_policies_refuse_does_not_say_how_to_carry_it_out(run: Run) -> None:
    Path("flowyml.yaml").write_text("project: {name: iris}\nactive_stack: iris\npolicies: {required_labels: [owner]}\n")
    ended = run("state rollback-plan --out back.plan")
    assert ended.code == 0
    assert "To carry out" not in ended.out
    assert run("apply back.plan").code == 3
