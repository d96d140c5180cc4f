"""``drift``: what is not as it was applied is shown field by field, and nothing is changed by looking."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from flowyml_infra.apply.engines.local import LocalEngine
from flowyml_infra.errors import EngineError, StateError
from flowyml_infra.state.sql_store import SqlStore
from tests.drift.conftest import ART, CANARY, CHANGED, GONE, stray

FREE, SAME = "local.directory.free", "local.directory.same"


def conditions(document):
    return {item["address"]: item["condition"] for item in document["resources"]}


@pytest.fixture
def unreadable(monkeypatch):
    """Makes one address unreadable."""
    whole = LocalEngine.read

    def make(address):
        def read(self, subject, context):
            if subject.address == address:
                raise EngineError("the disk reported an error", hint="check the disk")
            return whole(self, subject, context)

        monkeypatch.setattr(LocalEngine, "read", read)

    return make


def test_without_drift_it_says_so_and_exits_0(shell):
    code, text = shell("drift")
    assert code == 0
    assert "Looked at 5 resources of s@default: no drift." in text


def test_drift_is_shown_by_field_and_exits_2(shell):
    stray()
    code, text = shell("drift")
    assert code == 2
    assert f"~ {CHANGED} is not as it was applied" in text
    assert '~ mode = "0755" -> "0700"' in text
    assert f"- {GONE} is gone" in text
    assert SAME not in text
    code, document = shell.json("drift")
    assert code == 2
    assert document["format_version"] == "1"
    assert conditions(document) == {CHANGED: "changed", GONE: "gone"}
    (changed, _) = document["resources"]
    assert changed["fields"] == [{"path": "mode", "before": "0755", "after": "0700", "after_unknown": False}]
    assert document["summary"] == {"looked": 5, "changed": 1, "gone": 1, "unknown": 0, "acknowledged": 0}


def test_looking_changes_nothing_that_is_recorded_about_resources(shell_on):
    before = shell_on("state pull")
    stray()
    assert shell_on("drift")[0] == 2
    assert shell_on("state pull") == before
    assert shell_on.json("state history")[1]["operations"][0]["kind"] == "apply"
    assert shell_on("plan --detailed-exitcode")[0] == 0, "a look is not taken for the recorded state"


def test_a_look_is_on_record_in_the_audit_log(shell_on):
    stray()
    shell_on("drift")
    (event,) = shell_on.json("audit list --event DriftChecked")[1]["events"]
    assert event["data"]["drifted"] == [CHANGED, GONE]
    assert event["data"]["looked"] == 5


def test_what_cannot_be_read_is_unknown_and_does_not_hide_the_rest(shell, unreadable):
    stray()
    unreadable(SAME)
    code, document = shell.json("drift")
    assert code == 1
    assert conditions(document) == {CHANGED: "changed", GONE: "gone", SAME: "unknown"}
    assert document["resources"][-1]["error"]["summary"] == "the disk reported an error"
    code, text = shell("drift")
    assert code == 1
    assert f"? {SAME} is not known" in text
    assert "hint: check the disk" in text


def test_an_interrupted_change_is_unknown(shell, monkeypatch):
    def fail(*_):
        raise EngineError("cannot be changed today")

    text = Path("stacks/s.yaml").read_text()
    Path("stacks/s.yaml").write_text(text.replace("shade: red", "shade: blue"))
    with monkeypatch.context() as patch:
        patch.setattr(LocalEngine, "update", fail)
        assert shell("apply --auto-approve")[0] == 6
    code, document = shell.json("drift")
    assert code == 1
    assert conditions(document) == {CHANGED: "unknown"}
    assert "interrupted" in document["resources"][0]["error"]["summary"]


def test_a_read_that_hangs_is_given_up_on(shell, monkeypatch):
    over = threading.Event()
    whole = LocalEngine.read

    def read(self, subject, context):
        if subject.address == SAME:
            over.wait()
        return whole(self, subject, context)

    monkeypatch.setattr(LocalEngine, "read", read)
    code, document = shell.json("drift --timeout 0.2")
    over.set()
    assert code == 1
    assert conditions(document) == {SAME: "unknown"}
    assert document["resources"][0]["error"]["code"] == "engine.timeout"


@pytest.mark.parametrize("wish", ["--timeout 0", "--timeout soon", "--parallelism 0"])
def test_a_limit_that_is_none_is_refused(shell, wish):
    assert shell(f"drift {wish}")[0] == 1


def test_a_target_is_looked_at_alone(shell):
    stray()
    code, document = shell.json(f"drift --target {SAME}")
    assert (code, document["summary"]["looked"]) == (0, 1)
    code, text = shell("drift --target local.directory.chnged")
    assert code == 1
    assert "local.directory.changed" in text, "it says which was meant"


def test_what_ignore_changes_leaves_alone_is_no_drift(shell):
    Path("made/free").chmod(0o700)
    code, document = shell.json("drift")
    assert code == 0
    assert document["summary"]["changed"] == 0
    (item,) = document["resources"]
    assert [field["path"] for field in item["ignored"]] == ["mode"]
    assert "ignore_changes leaves mode alone" in shell("drift")[1]


def test_a_deployment_that_was_never_applied_has_no_drift(bare_shell):
    code, text = bare_shell("drift")
    assert code == 0
    assert "never applied" in text
    assert not Path(".flowyml/state.db").exists()


def test_the_definition_is_not_needed(shell):
    stray()
    Path("stacks/s.yaml").unlink()
    assert shell("drift s")[0] == 2


def test_no_secret_is_ever_shown_or_written(shell):
    mark = Path("made/changed/.flowyml-resource.json")
    data = json.loads(mark.read_text())
    assert CANARY not in mark.read_text()
    seen = f"{CANARY}-by-hand"
    mark.write_text(json.dumps({**data, "hidden_labels": [], "labels": {**data["labels"], "token": seen}}))
    code, document = shell.json("drift")
    assert code == 2
    assert document["resources"][0]["fields"] == [
        {"path": "labels.token", "before": "(secret)", "after": "(secret)", "after_unknown": False}
    ]
    assert shell("drift -v")[0] == 2
    assert shell("refresh --auto-approve")[0] == 0
    shell("show")
    shell("plan")
    assert CANARY not in shell.said
    needle = CANARY.encode()
    assert [path for path in Path(".flowyml").rglob("*") if path.is_file() and needle in path.read_bytes()] == []


class TestWhatIsKept:
    def test_show_tells_of_the_last_look(self, shell_on):
        assert "Last look" not in shell_on("show")[1]
        assert shell_on.json("show")[1]["drift"] is None
        stray()
        shell_on("drift")
        text = shell_on("show")[1]
        assert f"{CHANGED} differs in mode" in text
        assert f"{GONE} is gone from the world" in text
        drift = shell_on.json("show")[1]["drift"]
        assert drift["resources"] == 5
        assert [item["address"] for item in drift["findings"]] == [CHANGED, GONE]

    def test_what_an_apply_set_back_is_not_told_any_more(self, shell_on):
        stray()
        shell_on("drift")
        assert shell_on("plan --refresh --out p --target local.directory.changed")[0] == 0
        assert shell_on("apply p")[0] == 0
        found = shell_on.json("show")[1]["drift"]["findings"]
        assert [item["address"] for item in found] == [GONE]

    def test_a_look_at_a_part_keeps_what_was_found_elsewhere(self, shell_on):
        stray()
        shell_on("drift")
        when = shell_on.json("show")[1]["drift"]["looked_at"]
        Path("made/changed").chmod(0o755)
        assert shell_on(f"drift --target {CHANGED}")[0] == 0
        drift = shell_on.json("show")[1]["drift"]
        assert [item["address"] for item in drift["findings"]] == [GONE]
        assert drift["looked_at"] == when

    def test_what_could_not_be_read_is_kept_as_unknown(self, shell, unreadable):
        unreadable(ART)
        shell("drift")
        assert f"{ART} could not be read: the disk reported an error" in shell("show")[1]

    def test_who_may_only_read_the_state_can_look_all_the_same(self, shell, monkeypatch):
        def refuse(*_):
            raise StateError("read only", code="state.readonly")

        stray()
        monkeypatch.setattr(SqlStore, "record_look", refuse)
        assert shell("drift")[0] == 2
        assert shell.json("show")[1]["drift"] is None
