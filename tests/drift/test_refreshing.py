"""``refresh``: what the world has is recorded, once somebody said so, and the next plan sets it back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flowyml_infra.apply.engines.local import LocalEngine
from flowyml_infra.errors import EngineError, StateConflictError
from flowyml_infra.project import Project
from flowyml_infra.resources.values import Unknown
from flowyml_infra.state.key import DeploymentKey
from tests.drift.conftest import ART, CHANGED, GONE, stray


def actions(shell) -> dict[str, str]:
    changes = shell.json("plan")[1]["changes"]
    return {item["address"]: item["action"] for item in changes if item["action"] != "noop"}


def test_the_next_plan_sets_it_back(shell_on):
    stray()
    assert actions(shell_on) == {}
    code, text = shell_on("refresh --auto-approve")
    assert code == 0
    assert f"~ {CHANGED} is not as it was applied" in text
    assert "1 resource as found, 1 as gone (serial " in text
    assert actions(shell_on) == {CHANGED: "update", GONE: "create"}
    assert shell_on("apply --auto-approve")[0] == 0
    assert Path("made/changed").stat().st_mode & 0o777 == 0o755
    assert Path("made/gone").is_dir()
    assert shell_on("drift")[0] == 0


def test_it_is_an_operation_like_any_other(shell_on):
    stray()
    code, document = shell_on.json("refresh --auto-approve")
    assert code == 0
    before = document["deployment"]["serial"]
    assert document["recorded"] == {"serial": before + 1, "changed": [CHANGED], "gone": [GONE]}
    operation = shell_on.json("state history")[1]["operations"][0]
    assert (operation["kind"], operation["status"]) == ("refresh", "succeeded")
    assert (operation["serial_before"], operation["serial_after"]) == (before, before + 1)
    assert {(item["address"], item["action"]) for item in operation["changes"]} == {
        (CHANGED, "refresh"),
        (GONE, "forget"),
    }
    assert "1 forgotten, 1 refreshed" in shell_on("state history")[1]
    (event,) = shell_on.json("audit list --event StateRefreshed")[1]["events"]
    assert event["data"] == {"changed": [CHANGED], "gone": [GONE]}
    assert shell_on("audit verify")[0] == 0
    assert shell_on("lock list")[1].strip() == "Nothing is locked."


def test_it_records_nothing_without_being_told(shell_on):
    before = shell_on("state pull")
    stray()
    for line in ("refresh", "refresh --json"):
        code, text = shell_on(line)
        assert code == 1
        assert "--auto-approve" in text
    assert shell_on("state pull") == before


def test_without_drift_there_is_nothing_to_ask_about(shell):
    code, text = shell("refresh")
    assert code == 0
    assert "Nothing was recorded." in text
    document = shell.json("refresh")[1]
    assert document["recorded"] == {"serial": document["deployment"]["serial"], "changed": [], "gone": []}


def test_nothing_is_bound_to_what_is_gone(shell_on):
    assert "artifact_store" in shell_on.json("output")[1]["outputs"]
    (Path("made/art") / ".flowyml-resource.json").unlink()
    Path("made/art").rmdir()
    assert shell_on("refresh --auto-approve")[0] == 0
    assert "artifact_store" not in shell_on.json("output")[1]["outputs"]
    assert actions(shell_on) == {ART: "create"}
    assert shell_on("apply --auto-approve")[0] == 0
    assert "artifact_store" in shell_on.json("output")[1]["outputs"]


def test_what_was_applied_as_it_now_is_needs_no_change(shell):
    stray()
    assert shell("refresh --auto-approve")[0] == 0
    text = Path("stacks/s.yaml").read_text()
    text = text.replace("path: made/changed,", "path: made/changed, mode: '0700',")
    Path("stacks/s.yaml").write_text(text.replace("    gone: {kind: directory, path: made/gone}\n", ""))
    assert actions(shell) == {}


def test_what_cannot_be_read_stays_as_it_is_recorded(shell, monkeypatch):
    whole = LocalEngine.read

    def read(self, subject, context):
        if subject.address == GONE:
            raise EngineError("the disk reported an error")
        return whole(self, subject, context)

    stray()
    monkeypatch.setattr(LocalEngine, "read", read)
    assert shell("refresh --auto-approve")[0] == 1
    assert actions(shell) == {CHANGED: "update"}


def test_a_target_is_taken_in_alone(shell):
    stray()
    assert shell(f"refresh --auto-approve --target {GONE}")[0] == 0
    assert actions(shell) == {GONE: "create"}


def test_ignored_fields_are_recorded_so_that_an_update_does_not_set_them_back(shell):
    Path("made/free").chmod(0o700)
    assert shell("refresh --auto-approve")[0] == 0
    text = Path("stacks/s.yaml").read_text()
    Path("stacks/s.yaml").write_text(text.replace("path: made/free,", "path: made/free, labels: {a: b},"))
    assert actions(shell) == {"local.directory.free": "update"}
    assert shell("apply --auto-approve")[0] == 0
    assert Path("made/free").stat().st_mode & 0o777 == 0o700


def test_a_locked_deployment_exits_4_and_is_left_alone(shell_on, place):
    stray()
    with place.store() as store:
        store.acquire(DeploymentKey("s"), "apply")
        code, text = shell_on("refresh --auto-approve")
        assert code == 4
        assert "apply" in text
    assert actions(shell_on) == {}


def test_who_may_not_apply_may_not_refresh_either(shell):
    policies = "policies: {rules: {who_may_apply: {actors: [nobody]}, required_labels: {labels: [owner]}}}\n"
    Path("flowyml.yaml").write_text("active_stack: s\n" + policies)
    stray()
    before = shell("state pull")
    code, text = shell("refresh --auto-approve")
    assert code == 3
    assert "who_may_apply" in text
    assert "required_labels" not in text, "what a stack is like is no reason to refuse to see the world"
    assert shell("state pull") == before


def test_a_state_that_was_written_since_the_look_is_not_overwritten(shell, tmp_path):
    stray()
    with Project.open(tmp_path) as project:
        drift = project.look()
        assert shell("state mv local.directory.same local.directory.other")[0] == 0
        before = shell("state pull")
        with pytest.raises(StateConflictError, match="written since"):
            project.refresh(drift)
    assert shell("state pull") == before


def test_what_cannot_be_read_back_is_set_back_and_no_new_drift_until_then(shell, monkeypatch):
    whole = LocalEngine.read

    def read(self, subject, context):
        found = whole(self, subject, context)
        return replace(found, properties={"mode": Unknown()}) if subject.address == CHANGED else found

    monkeypatch.setattr(LocalEngine, "read", read)
    code, text = shell("drift")
    assert code == 2
    assert '~ mode = "0755" -> "(cannot be read back)"' in text
    assert shell.json("drift")[1]["resources"][0]["fields"][0]["after_unknown"] is True
    assert shell("refresh --auto-approve")[0] == 0
    assert shell("drift")[0] == 0
    assert actions(shell) == {CHANGED: "update"}
