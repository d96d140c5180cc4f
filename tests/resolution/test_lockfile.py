"""flowyml.lock: what is in it, who may write it when, and what is said when it is damaged."""

import fcntl
import json
import multiprocessing

import pytest

from flowyml_infra.errors import DefinitionError, ResolutionError
from flowyml_infra.resolution import lockfile
from flowyml_infra.resolution.lockfile import LockFile, Pin, parse_pins

PIN = Pin("a" * 40, {"stacks/prod.yaml": "sha256:" + "b" * 64}, "refs/tags/v1")


def open_lock(root, **how):
    return LockFile(root, lambda path: path.read_bytes() if path.exists() else None, **how)


def test_what_is_written_is_read_again_and_sorted(tmp_path):
    lock = open_lock(tmp_path)
    lock.put("b", PIN, instead_of=None)
    lock.put("a", Pin("sha256:" + "c" * 64, {}, None, "1.0.0"), instead_of=None)
    assert open_lock(tmp_path).pins == lock.pins
    assert list(json.loads((tmp_path / "flowyml.lock").read_text())["sources"]) == ["a", "b"]
    lock.drop("a")
    assert list(open_lock(tmp_path).pins) == ["b"]


def test_the_first_of_two_writers_wins_and_the_second_is_told(tmp_path):
    first, second = open_lock(tmp_path), open_lock(tmp_path)
    assert first.put("x", PIN, instead_of=None) == PIN
    other = Pin("c" * 40)
    assert second.put("x", other, instead_of=None) == PIN
    assert second.put("x", other, instead_of=PIN) == other
    assert open_lock(tmp_path).pins == {"x": other}


def test_one_that_is_not_kept_writes_nothing(tmp_path):
    lock = open_lock(tmp_path, keep=False)
    assert lock.put("x", PIN, instead_of=None) == PIN
    assert list(tmp_path.iterdir()) == []


def _write(root, number):
    for count in range(10):
        open_lock(root).put(f"{number}-{count}", PIN, instead_of=None)


def test_processes_that_write_at_once_lose_nothing(tmp_path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(tmp_path, number)) for number in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(open_lock(tmp_path).pins) == 60


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"version": 2, "sources": {}}',
        '{"version": 1, "sources": []}',
        '{"version": 1, "sources": {"x": {}}}',
        '{"version": 1, "sources": {"x": {"commit": "abc", "files": {}}}}',
        '{"version": 1, "sources": {"x": {"commit": "' + "a" * 40 + '", "files": {"a": "b"}}}}',
        '{"version": 1, "sources": {"x": {"commit": "' + "a" * 40 + '", "files": {}, "ref": 1}}}',
        "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> x\n",
        "[" * 5000,
        "\xff",
    ],
)
def test_what_is_damaged_is_said_with_what_to_do(text):
    with pytest.raises(DefinitionError, match=r"flowyml\.lock") as caught:
        parse_pins(text.encode("latin-1"))
    assert caught.value.code == "source.lock_file"
    assert caught.value.diagnostics[0].location.file == "flowyml.lock"
    assert "version control" in caught.value.hint


def test_a_damaged_lock_stops_what_is_remote_and_nothing_else(project, repository):
    project.lock.write_text("{")
    assert project.resolve("local").name == "local"
    with pytest.raises(DefinitionError):
        project.resolve(f"{repository.uri}@v1#prod")


def test_a_project_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / ".flowyml").write_text("a file where the folder has to be")
    with pytest.raises(ResolutionError, match="cannot be written"):
        open_lock(tmp_path).put("x", PIN, instead_of=None)
    assert not (tmp_path / "flowyml.lock").exists()


def test_who_waits_for_a_writer_that_does_not_let_go_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(lockfile, "HOLD_SECONDS", 0.05)
    lock = open_lock(tmp_path)
    lock.put("x", PIN, instead_of=None)
    with (tmp_path / ".flowyml" / "lockfile").open("ab") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(ResolutionError, match=r"another process that has not let go for 0\.05 seconds") as caught:
            lock.drop("x")
    assert caught.value.code == "source.lock_file"
    assert open_lock(tmp_path).pins == {"x": PIN}
