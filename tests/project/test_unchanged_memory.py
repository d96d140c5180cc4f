"""What is remembered of a plan with nothing to do is never said once anything it was made from is another."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest

from flowyml_infra.audit.store import AuditStore
from flowyml_infra.errors import CorruptStateError
from flowyml_infra.policy.waivers import WAIVERS_FILE
from flowyml_infra.project.request import Request
from flowyml_infra.project.unchanged import recall, remember
from flowyml_infra.state.row import ResourceRow

REQUEST = Request("demo")


@pytest.fixture
def remembered(folder):
    folder.apply()
    with folder.open() as project:
        assert recall(project, REQUEST) is None
        remember(project, REQUEST, project.plan("demo"))
        assert recall(project, REQUEST) == ("demo@default", 3, "stacks/demo.yaml")
    return folder


def recalled(folder, request=REQUEST):
    with folder.open() as project:
        return recall(project, request)


def test_an_edited_manifest_is_planned(remembered):
    remembered.edit("stacks/demo.yaml", "purpose: scratch", "purpose: other")
    assert recalled(remembered) is None


def test_edited_policies_are_judged(remembered):
    remembered.edit("flowyml.yaml", "required_labels: [team]", "required_labels: [team, owner]")
    assert recalled(remembered) is None


def test_any_write_to_the_state_counts(remembered):
    remembered.edit("stacks/demo.yaml", "purpose: scratch", "purpose: other")
    remembered.apply()
    remembered.edit("stacks/demo.yaml", "purpose: other", "purpose: scratch")
    assert recalled(remembered) is None


def test_another_environment_is_another_plan(remembered):
    assert recalled(remembered, Request("demo", "production")) is None


def test_another_state_is_another_plan(remembered, monkeypatch):
    monkeypatch.setenv("FLOWYML_STATE_URL", "sqlite:///.flowyml/other.db")
    assert recalled(remembered) is None


@pytest.mark.parametrize("column", ["properties_json", "status", "spec_digest", "outputs_json"])
def test_a_damaged_row_is_found_all_the_same(remembered, column):
    with sqlite3.connect(remembered.root / ".flowyml/state.db") as database:
        database.execute(f"UPDATE resources SET {column} = {column} || ' ' WHERE address LIKE '%scratch'")
    with pytest.raises(CorruptStateError, match="scratch"):
        recalled(remembered)


def test_a_lost_row_is_found_all_the_same(remembered):
    with sqlite3.connect(remembered.root / ".flowyml/state.db") as database:
        database.execute("DELETE FROM resources WHERE address LIKE '%scratch'")
    with pytest.raises(CorruptStateError):
        recalled(remembered)


def test_a_plan_with_something_to_do_is_not_remembered(folder):
    with folder.open() as project:
        remember(project, REQUEST, project.plan("demo"))
        assert recall(project, REQUEST) is None


def test_a_plan_with_a_secret_is_not_remembered(folder, monkeypatch):
    folder.edit("stacks/demo.yaml", "purpose: scratch", 'purpose: "${DB_PASSWORD}"')
    monkeypatch.setenv("DB_PASSWORD", "one")
    folder.apply()
    with folder.open() as project:
        planned = project.plan("demo")
        assert planned.empty
        remember(project, REQUEST, planned)
        assert recall(project, REQUEST) is None


def test_a_waiver_that_appears_is_judged(remembered):
    (remembered.root / WAIVERS_FILE).write_text("waivers: []\n")
    assert recalled(remembered) is None


@pytest.mark.parametrize(
    "policies",
    [
        "{rules: {who_may_apply: ['*']}}",
        "{rules: {change_windows: {zone: UTC, frozen: []}}}",
        "{files: [org.yaml]}",
        "{rego: [org.rego]}",
        "{budgets: {gpus: 3}}",
    ],
)
def test_a_verdict_that_depends_on_who_asks_or_when_or_on_files_is_not_remembered(folder, policies):
    folder.apply()
    (folder.root / "org.yaml").write_text("rules: {who_may_apply: ['*']}\n")
    (folder.root / "org.rego").write_text('package main\ndeny[m] { input.stack.actor == "eve"; m := 1 }\n')
    folder.edit("flowyml.yaml", "  required_labels: [team]\n", "")
    folder.edit("flowyml.yaml", '  allowed_stacks: [demo, "other-*"]\n', "")
    folder.edit("flowyml.yaml", "policies:", f"policies: {policies}")
    with folder.open() as project:
        planned = project.plan("demo")
        assert not planned.plan.has_writes
        assert planned.decision.outcome == "allow"
        remember(project, REQUEST, planned)
    assert recalled(folder) is None


def test_a_plan_that_another_apply_overtook_is_not_remembered(folder):
    folder.apply()
    with folder.open() as project:
        planned = project.plan("demo")
        folder.edit("stacks/demo.yaml", "purpose: scratch", "purpose: other")
        folder.apply()
        remember(project, REQUEST, planned)
        assert recall(project, REQUEST) is None


def test_a_forged_note_is_not_believed(remembered):
    (note,) = (remembered.root / ".flowyml/cache/compiled").glob("*.note")
    note.write_bytes(note.read_bytes().replace(b'"resources"', b'"resourcez"').replace(b'"count": 3', b'"count": 4'))
    assert recalled(remembered) is None


def test_the_plan_is_on_record_as_if_it_had_been_made(remembered):
    audit = AuditStore(f"sqlite:///{remembered.root}/.flowyml/state.db")
    before = audit.get_events()
    recalled(remembered)
    (created, checked) = audit.get_events()[len(before) :]
    assert (created.name, checked.name) == ("PlanCreated", "PolicyChecked")
    made = [event for event in before if event.name == "PlanCreated"][-1]
    assert created.data == made.data
    assert not audit.verify()


def test_the_command_says_the_same_and_plans_nothing(folder):
    folder.apply()
    command = [sys.executable, "-m", "flowyml_infra", "--project", str(folder.root), "plan", "demo"]
    first = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    code = (
        "import sys\n"
        "from flowyml_infra.cli.main import execute\n"
        f"assert execute({command[3:]!r}) == 0\n"
        "print('flowyml_infra.plan.planner' in sys.modules)"
    )
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert again == f"{first}False\n"


def test_what_stays_as_it_is_is_not_decoded_for_rules_that_look_at_nothing(folder, monkeypatch):
    folder.apply()
    decoded = []
    monkeypatch.setattr(ResourceRow, "properties", property(lambda row: decoded.append(row.address) or {}))
    with folder.open() as project:
        planned = project.plan("demo")
        assert len(planned.plan.changes) == 3
        assert not planned.plan.has_writes
    assert decoded == []
