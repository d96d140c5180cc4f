"""An exported log and its head, from the command line, checked where neither the state nor the private key is."""

import hashlib
import json
from pathlib import Path

import pytest

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.audit.store import AuditStore
from flowyml_infra.cli.main import execute
from tests.audit.test_audit_notes import cut, make_log
from tests.state.samples import edit


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs command lines on a log of three events."""
    make_log(tmp_path, "StackApplied", "PlanCreated", "StackApplied")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLOWYML_STATE_URL", "sqlite:///state.db")

    def call(line: str) -> tuple[int, str]:
        capsys.readouterr()
        code = int(execute(line.split()))
        out, err = capsys.readouterr()
        return code, out + err

    return call


def elsewhere(monkeypatch, tmp_path) -> None:
    """As on another machine: no state, no key, no notes."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("FLOWYML_STATE_URL", "sqlite:///none.db")


def test_an_exported_log_is_checked_with_the_public_key_alone(run, tmp_path, monkeypatch):
    assert run("audit export --out log.jsonl") == (0, "Written to log.jsonl.\n")
    assert run("audit export --public-key --out team.pem")[0] == 0
    assert run("audit verify log.jsonl")[0] == 0
    elsewhere(monkeypatch, tmp_path)
    code, out = run("audit verify log.jsonl")
    assert code == 1
    assert "no public key" in out
    code, out = run("audit verify log.jsonl --public-key team.pem")
    assert code == 0
    assert out.startswith("The audit log is whole.\nIt has 3 events")
    document = json.loads(run("audit verify log.jsonl --public-key team.pem --json")[1])
    assert (document["format_version"], document["whole"], document["events"]) == ("1", True, 3)


def test_each_line_can_be_checked_by_hand(run):
    lines = run("audit export")[1].splitlines()
    events = [json.loads(line) for line in lines[:-1]]
    assert [event["name"] for event in events] == ["StackApplied", "PlanCreated", "StackApplied"]
    for event in events:
        stated = event.pop("hash")
        text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(text.encode()).hexdigest() == stated
    last = json.loads(lines[-1])
    assert last["format_version"] == "1"
    assert last["head"].keys() == {"seq", "hash", "at", "key", "signature"}
    assert last["head"]["hash"] == stated


def test_another_key_is_not_ours(run, tmp_path, monkeypatch):
    run("audit export --out log.jsonl")
    elsewhere(monkeypatch, tmp_path)
    run("audit export --public-key --out other.pem")
    code, out = run("audit verify log.jsonl --public-key other.pem")
    assert code == 1
    assert "not the one expected" in out


def test_a_head_that_was_kept_shows_that_a_log_was_cut(run, tmp_path, monkeypatch):
    head_file = tmp_path / "head.json"
    assert run("audit export --head --out head.json")[0] == 0
    hash_ = json.loads(head_file.read_text())["head"]["hash"]
    AuditStore().append([AuditEvent("PlanCreated")])
    assert run("audit verify --head head.json")[0] == 0
    assert run(f"audit verify --head {hash_}")[0] == 0
    cut(tmp_path, 2)
    run("audit export --public-key --out team.pem")
    elsewhere(monkeypatch, tmp_path)
    monkeypatch.setenv("FLOWYML_STATE_URL", "sqlite:///state.db")
    assert run("audit verify")[0] == 0
    code, out = run("audit verify --head head.json --public-key team.pem")
    assert code == 1
    assert "had 3 events" in out
    code, out = run(f"audit verify --head {hash_}")
    assert code == 1
    assert "no event has the hash" in out


def test_an_older_export_serves_as_a_head_for_a_newer_one(run):
    run("audit export --out old.jsonl")
    AuditStore().append([AuditEvent("PlanCreated")])
    run("audit export --out new.jsonl")
    assert run("audit verify new.jsonl --head old.jsonl")[0] == 0
    code, out = run("audit verify old.jsonl --head new.jsonl")
    assert code == 1
    assert "had 4 events" in out


def test_a_head_that_nobody_signed_or_a_stranger_did_is_refused(run, tmp_path, monkeypatch):
    run("audit export --head --out head.json")
    document = json.loads(Path("head.json").read_text())
    del document["head"]["signature"]
    Path("bare.json").write_text(json.dumps(document))
    assert "not signed" in run("audit verify --head bare.json")[1]
    monkeypatch.setenv("FLOWYML_AUDIT_KEY", "ab" * 32)
    assert "not the one expected" in run("audit verify --head head.json")[1]


def test_a_broken_log_is_not_vouched_for(run, tmp_path):
    edit(tmp_path, "UPDATE audit SET who = 'mallory' WHERE seq = 2")
    for line in ("audit export", "audit export --head"):
        code, out = run(line)
        assert code == 1
        assert "not whole" in out
        assert "signature" not in out.replace("a signature would", "")
    edit(tmp_path, "DELETE FROM audit_head")
    assert run("audit export")[0] == 1


def test_a_log_that_was_cut_is_not_vouched_for(run, tmp_path):
    cut(tmp_path, 1)
    assert run("audit export")[0] == 1


def test_a_log_without_events_has_a_head_too(run, tmp_path, monkeypatch):
    elsewhere(monkeypatch, tmp_path)
    run("audit export --out empty.jsonl")
    assert run("audit verify empty.jsonl") == (0, "The audit log is whole.\n")


@pytest.mark.parametrize(
    "line", ["audit verify none.jsonl", "audit verify --head none.json", "audit export --out no/x"]
)
def test_files_that_are_not_there_are_said(run, line):
    code, out = run(line)
    assert code == 1
    assert "no" in out
    assert "Traceback" not in out


@pytest.mark.parametrize("content", [b"", b"\n", b"{}", b"[]", b"\xff\xfe", b'{"head": {}}\n', b"nonsense\n" * 3])
def test_what_is_no_exported_log_is_not_whole(run, tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    assert run("audit verify x")[0] == 1
    assert run("audit verify --head x")[0] == 1


def test_accepting_is_asked_for_with_a_reason(run, tmp_path):
    cut(tmp_path, 1)
    assert run("audit verify")[0] == 1
    code, out = run("audit verify --accept restored")
    assert code == 0
    assert "It has 2 events" in out
    assert run("audit verify")[0] == 0


@pytest.mark.parametrize(
    "line",
    [
        "audit verify --public-key team.pem",
        "audit verify log.jsonl --accept why",
        "audit verify --head head.json --accept why",
    ],
)
def test_what_would_be_passed_over_in_silence_is_refused(run, line):
    code, out = run(line)
    assert code == 1
    assert "is given, and nothing" in out or "goes with no FILE" in out
    assert len(AuditStore().get_events()) == 3


def test_listing_takes_times_and_people(run):
    assert "StackApplied" in run("audit list --since 1h")[1]
    assert run("audit list --until 1h")[1] == "No events are recorded.\n"
    assert run("audit list --who nobody-of-this-name")[1] == "No events are recorded.\n"
    code, out = run("audit list --since yesterday")
    assert code == 1
    assert "is no time" in out
    assert len(json.loads(run("audit list --limit 0 --json")[1])["events"]) == 3
