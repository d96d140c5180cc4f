"""What this user noted of a log finds what the log by itself cannot show."""

import sys
from pathlib import Path

import platformdirs
import pytest

from flowyml_infra.audit import notes as notes_module
from flowyml_infra.audit.chain import read_head
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.audit.head import SeenHead
from flowyml_infra.audit.notes import Notes, place_of
from flowyml_infra.audit.store import AuditStore
from flowyml_infra.audit.user_folder import user_folder
from flowyml_infra.audit.witness import accept, note_end
from flowyml_infra.errors import AuditError
from tests.state.samples import edit, sqlite_store


def make_log(folder: Path, *names: str) -> AuditStore:
    folder.mkdir(exist_ok=True)
    with sqlite_store(folder) as store:
        store.append_events([AuditEvent(name) for name in names])
    audit = AuditStore("sqlite:///state.db", project_root=folder)
    note_end(audit)
    return audit


def cut(folder: Path, last: int) -> None:
    """Remove what comes after event ``last``, and make the recorded end fit."""
    edit(folder, "DELETE FROM audit WHERE seq > ?", (last,))
    edit(folder, "UPDATE audit_head SET seq = ?, hash = (SELECT hash FROM audit WHERE seq = ?)", (last, last))


def messages(audit: AuditStore) -> str:
    return "\n".join(problem.message for problem in audit.verify())


def test_a_tail_that_was_cut_together_with_the_end_is_found(tmp_path):
    audit = make_log(tmp_path, "A", "B", "C")
    assert audit.verify() == []
    cut(tmp_path, 2)
    assert "had 3 events" in messages(audit)


def test_it_is_found_also_when_new_events_have_taken_the_place(tmp_path):
    audit = make_log(tmp_path, "A", "B", "C")
    cut(tmp_path, 1)
    audit.append([AuditEvent("PlanCreated"), AuditEvent("PolicyChecked"), AuditEvent("PlanCreated")])
    note_end(audit)
    assert [problem.seq for problem in audit.verify()] == [3]
    assert "rewritten or replaced" in messages(audit)


def test_a_log_that_is_gone_or_another_one_is_found(tmp_path):
    audit = make_log(tmp_path, "A", "B")
    for path in tmp_path.glob("state.db*"):
        path.unlink()
    assert "had 2 events" in messages(audit)
    make_log(tmp_path, "C", "D", "E")
    assert "rewritten or replaced" in messages(audit)


def test_logs_in_different_places_have_their_own_notes(tmp_path):
    first, second = make_log(tmp_path / "a", "A", "B"), make_log(tmp_path / "b", "C")
    assert first.verify() == second.verify() == []
    assert first.notes.path != second.notes.path


def test_a_place_is_told_without_password_and_options(tmp_path):
    url = "postgresql://user:canary@host:5432/db?sslmode=require&schema=team"
    assert place_of(url, tmp_path) == "postgresql://host:5432/db?schema=team"
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    assert place_of("sqlite:///state.db", tmp_path / "link") == f"sqlite:///{tmp_path / 'state.db'}"


def test_what_was_done_is_noted_with_a_signature_and_a_look_without(tmp_path):
    audit = make_log(tmp_path, "PlanCreated", "PolicyChecked")
    assert [bool(head.signature) for head in audit.notes.read()] == [False]
    audit.append([AuditEvent("PlanCreated")])
    with sqlite_store(tmp_path) as store:
        store.append_events([AuditEvent("StackApplied")])
    note_end(audit)
    note_end(audit)
    assert [(head.seq, bool(head.signature)) for head in audit.notes.read()] == [(2, False), (3, False), (4, True)]
    assert audit.inspect().signed == audit.notes.read()[-1]


def test_a_key_that_cannot_be_used_leaves_a_note_without_signature(tmp_path, monkeypatch):
    monkeypatch.setenv("FLOWYML_AUDIT_KEY", "nonsense")
    with pytest.raises(AuditError, match="no private Ed25519 key"):
        make_log(tmp_path, "StackApplied")
    audit = AuditStore("sqlite:///state.db", project_root=tmp_path)
    assert [(head.seq, head.signature) for head in audit.notes.read()] == [(1, "")]


def test_a_signed_note_that_was_edited_is_found(tmp_path):
    audit = make_log(tmp_path, "StackApplied", "StackApplied")
    text = audit.notes.path.read_text()
    audit.notes.path.write_text(text.replace('"at": "20', '"at": "19'))
    assert "signature does not fit" in messages(audit)


def test_half_a_line_is_passed_over(tmp_path):
    audit = make_log(tmp_path, "A")
    with audit.notes.path.open("a") as file:
        file.write('[]\n{"seq": "x"}\n{"seq": 5, "ha')
    assert [head.seq for head in audit.notes.read()] == [1]
    assert audit.verify() == []


def test_notes_that_cannot_be_written_stop_nothing(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with sqlite_store(tmp_path) as store:
        store.append_events([AuditEvent("A")])
    audit = AuditStore("sqlite:///state.db", project_root=tmp_path)
    assert audit.append([AuditEvent("PlanCreated")])
    assert audit.notes.read() == []
    assert audit.verify() == []


def test_notes_that_fit_are_shortened_when_they_grow_long_and_others_are_kept(tmp_path, monkeypatch):
    audit = make_log(tmp_path, "A", "B")
    for _ in range(20):
        audit.append([AuditEvent("PlanCreated")])
    monkeypatch.setattr(notes_module, "LARGEST", 1000)
    assert len(audit.notes.read()) == 21
    note_end(audit)
    assert [(head.seq, bool(head.signature)) for head in audit.notes.read()] == [(2, True), (22, False)]
    audit.notes.add(SeenHead(3, "f" * 64, "2025-01-01T00:00:00Z"))
    for _ in range(20):
        audit.append([AuditEvent("PlanCreated")])
    with sqlite_store(tmp_path) as store:
        store.append_events([AuditEvent("StackApplied")])
    note_end(audit)
    assert audit.verify() != []
    assert len(audit.notes.read()) == 24


def test_a_backup_that_was_put_back_can_be_accepted_and_that_is_on_record(tmp_path):
    audit = make_log(tmp_path, "A", "B", "C")
    noted = audit.notes.read()[-1]
    cut(tmp_path, 1)
    accept(audit, "the disk broke")
    assert audit.verify() == []
    event = audit.get_events()[-1]
    assert event.name == "AuditLogAccepted"
    assert event.data["why"] == "the disk broke"
    assert event.data["noted"] == noted.to_json()
    assert event.data["found"]["seq"] == 1
    assert "had 3 events" in event.data["problems"][0]
    assert len(list(audit.notes.path.parent.glob("*.old"))) == 1


def test_a_log_that_is_broken_in_itself_is_not_accepted(tmp_path):
    audit = make_log(tmp_path, "A", "B")
    edit(tmp_path, "UPDATE audit SET who = 'mallory' WHERE seq = 1")
    with pytest.raises(AuditError, match="cannot be accepted"):
        accept(audit, "never mind")
    assert len(audit.get_events()) == 2
    with pytest.raises(AuditError, match="cannot be accepted"):
        accept(AuditStore("sqlite:///none.db", project_root=tmp_path), "never mind")


def test_the_end_of_what_is_not_there_is_not_noted(tmp_path):
    audit = AuditStore("sqlite:///state.db", project_root=tmp_path)
    note_end(audit)
    with sqlite_store(tmp_path), audit.database.reading() as execute:
        assert read_head(execute).seq == 0
        note_end(audit)
    assert audit.notes.read() == []


@pytest.mark.parametrize("value", [None, "", "/somewhere"])
def test_the_users_folder_is_that_of_the_platform(value, monkeypatch):
    monkeypatch.delenv("XDG_DATA_HOME")
    if value is not None:
        monkeypatch.setenv("XDG_DATA_HOME", value)
    expected = platformdirs.user_data_path("flowyml-infra", appauthor=False)
    assert user_folder() == user_folder("other") == expected
    assert Notes("x").path.parent == expected / "audit"
    assert sys.platform != ""
