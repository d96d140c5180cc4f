"""Whatever call of the operating system is the last one, the next operation makes it good."""

from __future__ import annotations

import contextlib
import errno
from dataclasses import replace
from pathlib import Path

import pytest

from flowyml_infra.apply.engine import EngineContext, Made, Subject
from flowyml_infra.apply.engines.local import LocalEngine
from flowyml_infra.errors import EngineError
from tests.support.local_engine import Crash, failing_at, local_context, local_subject, names_below

ENGINE = LocalEngine()
WHOLE = {
    "directory": {"it", "it/.flowyml-resource.json"},
    "sqlite": {"it"},
    "oci_registry": {
        "it",
        "it/.flowyml-resource.json",
        "it/blobs",
        "it/blobs/sha256",
        "it/index.json",
        "it/oci-layout",
    },
}
KINDS = pytest.mark.parametrize("kind", list(WHOLE))
MOMENT = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
MOST_CALLS = 60


def sites(tmp_path: Path):
    """A fresh folder and the number of the call to fail, until the operation needs no further call."""
    for number in range(MOST_CALLS):
        folder = tmp_path / str(number)
        folder.mkdir()
        yield number, folder, local_context(folder)
    pytest.fail("the operation never came to its end")


def resume(subject: Subject, context: EngineContext) -> Made:
    """What an apply does after a crash: look it up, then make it."""
    return ENGINE.locate(subject, context) or ENGINE.create(subject, context)


@KINDS
@MOMENT
def test_an_interrupted_creation_ends_with_one_whole_thing(tmp_path: Path, kind: str, after: bool) -> None:
    crashes = 0
    for number, folder, context in sites(tmp_path):
        subject = local_subject(kind, "a/it")
        with failing_at(number, Crash, after=after) as calls:
            try:
                ENGINE.create(subject, context)
            except Crash:
                crashes += 1
        made = resume(subject, context)
        assert names_below(folder / "a") == WHOLE[kind], calls
        reading = ENGINE.read(replace(subject, physical_id=made.physical_id), context)
        assert reading is not None
        assert all(subject.properties[name] == value for name, value in reading.properties.items())
        if len(calls) <= number:
            break
    assert crashes >= 5


@KINDS
@MOMENT
def test_an_interrupted_creation_that_is_given_up_leaves_nothing(tmp_path: Path, kind: str, after: bool) -> None:
    for number, folder, context in sites(tmp_path):
        subject = local_subject(kind, "it")
        with failing_at(number, Crash, after=after) as calls, contextlib.suppress(Crash):
            ENGINE.create(subject, context)
        found = ENGINE.locate(subject, context)
        if found is not None:
            ENGINE.delete(replace(subject, physical_id=found.physical_id), context)
        assert names_below(folder) == set(), calls
        if len(calls) <= number:
            break


@KINDS
@MOMENT
@pytest.mark.parametrize("force", [False, True], ids=["empty", "forced"])
def test_an_interrupted_deletion_is_finished_by_the_next(tmp_path: Path, kind: str, after: bool, force: bool) -> None:
    for number, folder, context in sites(tmp_path):
        subject = local_subject(kind, "it", force_destroy=force)
        there = replace(subject, physical_id=ENGINE.create(subject, context).physical_id)
        if force and kind != "sqlite":
            (folder / "it" / "sub").mkdir()
            (folder / "it" / "sub" / "file").write_text("data")
        with failing_at(number, Crash, after=after) as calls, contextlib.suppress(Crash):
            ENGINE.delete(there, context)
        ENGINE.delete(there, context)
        assert names_below(folder) == set(), calls
        assert ENGINE.read(there, context) is None
        if len(calls) <= number:
            break


@KINDS
@MOMENT
def test_an_interrupted_update_is_finished_by_the_next(tmp_path: Path, kind: str, after: bool) -> None:
    changed = {"directory": {"mode": "0700"}, "sqlite": {"journal_mode": "delete"}}.get(kind, {})
    for number, folder, context in sites(tmp_path):
        subject = local_subject(kind, "it", labels={"v": "1"})
        made = ENGINE.create(subject, context)
        wanted = {**subject.properties, "labels": {"v": "2"}, **changed}
        later = replace(subject, physical_id=made.physical_id, properties=wanted)
        with failing_at(number, Crash, after=after) as calls, contextlib.suppress(Crash):
            ENGINE.update(later, subject.properties, context)
        assert ENGINE.locate(subject, context) is not None, "the mark is never missing"
        ENGINE.update(later, subject.properties, context)
        reading = ENGINE.read(later, context)
        assert reading is not None
        assert all(wanted[name] == value for name, value in reading.properties.items())
        assert names_below(folder) == WHOLE[kind]
        if len(calls) <= number:
            break


@KINDS
@pytest.mark.parametrize("operation", ["create", "delete"])
def test_a_full_disk_is_told_with_cause_and_cure_and_a_repetition_succeeds(
    tmp_path: Path, kind: str, operation: str
) -> None:
    told = 0
    for number, folder, context in sites(tmp_path):
        subject = local_subject(kind, "a/it")
        if operation == "delete":
            subject = replace(subject, physical_id=ENGINE.create(subject, context).physical_id)
        run = getattr(ENGINE, operation)
        with failing_at(number, lambda: OSError(errno.ENOSPC, "No space left on device", "somewhere")) as calls:
            try:
                run(subject, context)
            except EngineError as error:
                told += 1
                assert error.message == f"cannot {operation} {subject.address}: the disk is full at somewhere"
                assert error.hint == "free some space, then apply again"
                assert not error.untouched
        run(subject, context)
        if operation == "create":
            assert names_below(folder / "a") == WHOLE[kind], calls
        else:
            assert names_below(folder) <= {"a"}, calls
        if len(calls) <= number:
            break
    assert told >= 2


@KINDS
def test_everything_that_was_created_is_on_the_disk_before_its_name(tmp_path: Path, kind: str) -> None:
    subject = local_subject(kind, "it")
    with failing_at(-1, Crash) as calls:
        ENGINE.create(subject, local_context(tmp_path))
    put = "link" if kind == "sqlite" else "rename"
    place = calls.index(put)
    assert "fsync" in calls[:place]
    assert "fsync" in calls[place:], "the name itself has to survive too"
