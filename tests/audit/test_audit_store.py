import multiprocessing
from contextlib import closing
from pathlib import Path

import pytest

from flowyml_infra.audit.chain import Head
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.audit.store import AuditStore
from flowyml_infra.audit.verification import Verdict
from flowyml_infra.errors import AuditError, CorruptStateError, StateError
from flowyml_infra.state import open_reader
from tests.state.samples import edit, sqlite_store


def audit(folder: Path) -> AuditStore:
    return AuditStore("sqlite:///state.db", project_root=folder)


def fill(folder: Path, *events: AuditEvent) -> None:
    with sqlite_store(folder) as store:
        store.append_events(events)


def test_events_come_oldest_first_and_a_limit_keeps_the_latest(tmp_path):
    fill(tmp_path, *[AuditEvent(name) for name in "abcde"])
    assert [event.name for event in audit(tmp_path).get_events()] == list("abcde")
    assert [event.name for event in audit(tmp_path).get_events(limit=2)] == ["d", "e"]
    assert audit(tmp_path).get_events(limit=0) == []


def test_events_are_found_by_stack_environment_and_name(tmp_path):
    fill(
        tmp_path,
        AuditEvent("StackApplied", "prod", "staging", {"changes": 2}),
        AuditEvent("StackApplied", "prod", "production"),
        AuditEvent("PolicyChecked", "prod", "production"),
        AuditEvent("StackApplied", "dev"),
    )
    store = audit(tmp_path)
    assert [event.name for event in store.get_events(stack_name="prod")] == [
        "StackApplied",
        "StackApplied",
        "PolicyChecked",
    ]
    assert [event.stack for event in store.get_events(name="StackApplied")] == ["prod", "prod", "dev"]
    assert [event.seq for event in store.get_events("prod", environment="production")] == [2, 3]
    assert store.get_events("prod")[0].data == {"changes": 2}


def test_events_are_found_by_time_and_by_whoever_had_to_do_with_them(tmp_path):
    fill(
        tmp_path,
        AuditEvent("A", who="alice@box", at="2025-01-01T10:00:00.000000Z", origin={"host": "box"}),
        AuditEvent("B", who="github:bob/o/r#7", at="2025-01-02T10:00:00.000000Z", origin={"ci": {"ref": "main_x"}}),
        AuditEvent("C", who="carol@100%", at="2025-01-03T10:00:00.000000Z", origin={"token": {"sub": "repo:o/r"}}),
    )

    def names(**wanted):
        return [event.name for event in audit(tmp_path).get_events(**wanted)]

    assert names(since="2025-01-02T10:00:00.000000Z") == ["B", "C"]
    assert names(until="2025-01-02T10:00:00.000000Z") == ["A"]
    assert names(who="ALICE") == ["A"]
    assert names(who="repo:o/r") == ["C"]
    assert names(who="main_") == ["B"]
    assert names(who="0%") == ["C"]
    assert names(who="o/r", since="2025-01-03", limit=1) == ["C"]


def test_where_there_is_no_state_there_are_no_events_and_none_is_made(tmp_path):
    store = audit(tmp_path)
    assert store.get_events() == []
    assert store.verify() == []
    assert store.append([AuditEvent("PlanCreated")]) is False
    assert list(tmp_path.iterdir()) == []


def test_an_event_of_a_read_only_command_joins_the_chain(tmp_path):
    fill(tmp_path, AuditEvent("A"))
    assert audit(tmp_path).append([AuditEvent("PlanCreated", "prod"), AuditEvent("PolicyChecked", "prod")])
    with closing(open_reader("sqlite:///state.db", project_root=tmp_path)) as reader:
        assert reader.append_events([AuditEvent("PlanCreated", "dev")])
    fill(tmp_path, AuditEvent("B"))
    names = [event.name for event in audit(tmp_path).get_events()]
    assert names == ["A", "PlanCreated", "PolicyChecked", "PlanCreated", "B"]
    assert audit(tmp_path).verify() == []


def append_many(folder: Path, name: str) -> None:
    store = audit(folder)
    for _ in range(25):
        store.append([AuditEvent(name), AuditEvent(name)])


def test_eight_writers_at_once_make_one_chain_and_each_notes_what_it_saw(tmp_path):
    fill(tmp_path)
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=append_many, args=(tmp_path, f"writer-{number}")) for number in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    events = audit(tmp_path).get_events()
    assert len(events) == 400
    assert [event.seq for event in events] == list(range(1, 401))
    assert audit(tmp_path).inspect() == Verdict((), Head(400, events[-1].hash), compared=200)
    assert {event.name for event in events} == {f"writer-{number}" for number in range(8)}


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit SET who = 'mallory' WHERE seq = 2",
        "UPDATE audit SET data_json = '[]' WHERE seq = 2",
        "UPDATE audit SET data_json = 'not json' WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit",
        "DELETE FROM audit_head",
        "UPDATE audit SET seq = seq + 10 WHERE seq = 3",
    ],
)
def test_what_was_done_to_the_database_is_found(tmp_path, sql):
    fill(tmp_path, AuditEvent("A"), AuditEvent("B"), AuditEvent("C"))
    assert audit(tmp_path).verify() == []
    assert edit(tmp_path, sql) > 0
    assert audit(tmp_path).verify() != []


def test_events_that_cannot_be_read_are_an_error_not_a_gap(tmp_path):
    fill(tmp_path, AuditEvent("A"))
    edit(tmp_path, "UPDATE audit SET data_json = '{'")
    with pytest.raises(AuditError, match="event 1 cannot be read"):
        audit(tmp_path).get_events()


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "state.db").write_text("this is not a database, however long it may be" * 100)
    with pytest.raises(CorruptStateError, match=r"state\.db is damaged"):
        audit(tmp_path).get_events()


def test_the_chain_is_looked_for_where_the_state_is(tmp_path, monkeypatch):
    (tmp_path / "flowyml.yaml").touch()
    inside = tmp_path / "pipelines" / "deep"
    inside.mkdir(parents=True)
    (tmp_path / ".flowyml").mkdir()
    fill(tmp_path / ".flowyml", AuditEvent("InProject"))
    monkeypatch.chdir(inside)
    monkeypatch.delenv("FLOWYML_STATE_URL", raising=False)
    assert [event.name for event in AuditStore().get_events()] == ["InProject"]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    fill(elsewhere, AuditEvent("Elsewhere"))
    monkeypatch.setenv("FLOWYML_STATE_URL", "sqlite:///elsewhere/state.db")
    assert [event.name for event in AuditStore().get_events()] == ["Elsewhere"]
    monkeypatch.setenv("FLOWYML_STATE_URL", f"sqlite:///{elsewhere}/state.db")
    assert [event.name for event in AuditStore().get_events()] == ["Elsewhere"]


@pytest.mark.parametrize(
    "url", ["state.db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "mysql://host/db", "://x"]
)
def test_a_url_that_leads_to_no_file_is_an_error(url, tmp_path):
    with pytest.raises(StateError):
        AuditStore(url, project_root=tmp_path)
