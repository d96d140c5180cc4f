"""What the embedded engine leaves alone, and what it says about it."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from flowyml_infra.apply.engine import Intent, Subject
from flowyml_infra.apply.engines.local import LocalEngine
from flowyml_infra.errors import EngineError, EngineRefusedError
from flowyml_infra.resources.values import Secret
from tests.support.local_engine import failing_at, local_context, local_subject, names_below

ENGINE = LocalEngine()
FOLDERS = pytest.mark.parametrize("kind", ["directory", "oci_registry"])
KINDS = pytest.mark.parametrize("kind", ["directory", "oci_registry", "sqlite"])


def created(subject: Subject, root: Path) -> Subject:
    return replace(subject, physical_id=ENGINE.create(subject, local_context(root)).physical_id)


def refusal(run, *arguments) -> EngineRefusedError:
    with pytest.raises(EngineRefusedError) as caught:
        run(*arguments)
    assert caught.value.untouched
    assert caught.value.hint
    assert caught.value.address
    return caught.value


class TestWhatIsThereAlready:
    @FOLDERS
    def test_a_folder_with_something_in_it_is_refused(self, tmp_path: Path, kind: str) -> None:
        (tmp_path / "it").mkdir()
        (tmp_path / "it" / "mine").write_text("mine")
        error = refusal(ENGINE.create, local_subject(kind, "it"), local_context(tmp_path))
        assert error.message == f"{tmp_path / 'it'} is there already, and was not made by this stack"
        assert names_below(tmp_path) == {"it", "it/mine"}

    @FOLDERS
    def test_an_empty_folder_is_taken_over(self, tmp_path: Path, kind: str) -> None:
        (tmp_path / "it").mkdir(mode=0o711)
        subject = created(local_subject(kind, "it"), tmp_path)
        assert ENGINE.locate(subject, local_context(tmp_path)) is not None

    @KINDS
    def test_a_file_of_somebody_is_refused(self, tmp_path: Path, kind: str) -> None:
        (tmp_path / "it").write_text("mine")
        refusal(ENGINE.create, local_subject(kind, "it"), local_context(tmp_path))
        assert (tmp_path / "it").read_text() == "mine"

    def test_a_database_of_somebody_is_refused(self, tmp_path: Path) -> None:
        with sqlite3.connect(tmp_path / "it") as database:
            database.execute("CREATE TABLE mine (x)")
        before = (tmp_path / "it").read_bytes()
        refusal(ENGINE.create, local_subject("sqlite", "it"), local_context(tmp_path))
        assert (tmp_path / "it").read_bytes() == before

    def test_a_folder_in_the_place_of_a_database_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "it").mkdir()
        refusal(ENGINE.create, local_subject("sqlite", "it"), local_context(tmp_path))
        assert names_below(tmp_path) == {"it"}

    @pytest.mark.parametrize("suffix", ["-wal", "-journal"])
    def test_a_journal_that_another_database_left_is_not_taken_for_a_new_ones(
        self, tmp_path: Path, suffix: str
    ) -> None:
        (tmp_path / f"it{suffix}").write_bytes(b"unfinished business")
        error = refusal(ENGINE.create, local_subject("sqlite", "it"), local_context(tmp_path))
        assert f"it{suffix} is there already" in error.message
        assert names_below(tmp_path) == {f"it{suffix}"}

    @KINDS
    def test_a_resource_of_another_stack_is_named(self, tmp_path: Path, kind: str) -> None:
        created(local_subject(kind, "it", "theirs"), tmp_path)
        error = refusal(ENGINE.create, local_subject(kind, "it", "ours"), local_context(tmp_path))
        assert error.message == f"will not use it: it belongs to local.{kind}.theirs of the stack demo@staging"

    @KINDS
    def test_a_link_in_its_place_is_refused_and_not_followed(self, tmp_path: Path, kind: str) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "it").symlink_to("elsewhere")
        refusal(ENGINE.create, local_subject(kind, "it"), local_context(tmp_path))
        assert names_below(tmp_path) == {"it", "elsewhere"}

    def test_a_file_on_the_way_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(EngineError) as caught:
            ENGINE.create(local_subject("directory", "file/it"), local_context(tmp_path))
        assert "a part of the path is a file" in caught.value.message


class TestPlaces:
    @KINDS
    @pytest.mark.parametrize("path", ["../it", "/tmp/flowyml-never-made", "a/../../it"])
    def test_a_path_out_of_the_project_is_refused(self, tmp_path: Path, kind: str, path: str) -> None:
        root = tmp_path / "project"
        root.mkdir()
        error = refusal(ENGINE.create, local_subject(kind, path), local_context(root))
        assert "leads out of the project" in error.message
        assert error.hint == "set allow_outside: true if that is meant"
        assert names_below(tmp_path) == {"project"}

    @KINDS
    @pytest.mark.parametrize("path", ["../it", "{parent}/it"])
    def test_a_path_out_of_the_project_works_when_allowed(self, tmp_path: Path, kind: str, path: str) -> None:
        root = tmp_path / "project"
        root.mkdir()
        subject = local_subject(kind, path.format(parent=tmp_path), allow_outside=True)
        made = ENGINE.create(subject, local_context(root))
        assert made.outputs["path"] == str(tmp_path / "it")
        assert (tmp_path / "it").exists()
        # What was allowed once can be removed after the definition has gone back into the project.
        gone = {**subject.properties, "allow_outside": False}
        ENGINE.delete(replace(subject, physical_id=made.physical_id, properties=gone), local_context(root))
        assert names_below(tmp_path) == {"project"}

    @KINDS
    def test_a_link_out_of_the_project_is_refused_at_every_operation(self, tmp_path: Path, kind: str) -> None:
        root, outside = tmp_path / "project", tmp_path / "outside"
        (root / "a").mkdir(parents=True)
        subject = created(local_subject(kind, "a/it"), root)
        (root / "a").rename(outside)
        (root / "a").symlink_to(outside)
        before = names_below(outside)
        context = local_context(root)
        for run in (ENGINE.create, ENGINE.delete, ENGINE.read, ENGINE.locate):
            assert "symbolic link" in refusal(run, subject, context).message
        assert "symbolic link" in refusal(ENGINE.update, subject, subject.properties, context).message
        assert names_below(outside) == before

    def test_a_link_that_stays_in_the_project_is_followed(self, tmp_path: Path) -> None:
        (tmp_path / "big").mkdir()
        (tmp_path / "a").symlink_to("big")
        created(local_subject("directory", "a/it"), tmp_path)
        assert (tmp_path / "big" / "it").is_dir()

    @pytest.mark.parametrize("path", ["..", "../..", "{parent}", "/"])
    def test_a_folder_around_the_project_is_refused(self, tmp_path: Path, path: str) -> None:
        root = tmp_path / "project"
        root.mkdir()
        subject = local_subject("directory", path.format(parent=tmp_path), allow_outside=True, force_destroy=True)
        assert "around the project" in refusal(ENGINE.create, subject, local_context(root)).message

    @KINDS
    def test_a_secret_is_no_path(self, tmp_path: Path, kind: str) -> None:
        subject = local_subject(kind, Secret("hush"))  # type: ignore[arg-type]
        error = refusal(ENGINE.create, subject, local_context(tmp_path))
        assert "hush" not in str(error.message) + str(error.hint)
        assert names_below(tmp_path) == set()


class TestDeletion:
    @KINDS
    def test_what_holds_data_is_left_alone_without_force_destroy(self, tmp_path: Path, kind: str) -> None:
        subject = created(local_subject(kind, "it"), tmp_path)
        what = self.put_data_in(tmp_path / "it", kind)
        before = names_below(tmp_path)
        error = refusal(ENGINE.delete, subject, local_context(tmp_path))
        assert error.message == f"it {what}, and is not deleted with it"
        assert error.hint.startswith("move that away, or set force_destroy: true and apply that first; ")
        assert f"`flowyml-infra state rm {subject.address}`" in error.hint
        assert names_below(tmp_path) == before

    def test_all_that_would_be_refused_is_before_anything_goes(self, tmp_path: Path) -> None:
        names = {"directory": "a", "oci_registry": "b", "sqlite": "c"}
        subjects = [created(local_subject(kind, name), tmp_path) for kind, name in names.items()]
        for kind in ("directory", "sqlite"):
            self.put_data_in(tmp_path / names[kind], kind)
        before = names_below(tmp_path)
        intents = [Intent("delete", subject) for subject in subjects]
        for ask in (ENGINE.prepare, ENGINE.preview):
            with pytest.raises(EngineRefusedError, match="2 of 3 resources cannot be deleted, so nothing") as caught:
                ask(intents, local_context(tmp_path))
            assert [item.summary for item in caught.value.diagnostics] == [
                "a has a and 2 more in it, and is not deleted with it",
                "c has rows in runs, and is not deleted with it",
            ]
        assert names_below(tmp_path) == before
        ENGINE.prepare(intents[1:2], local_context(tmp_path))

    @pytest.mark.parametrize("force", [False, True])
    def test_what_goes_before_a_folder_is_not_in_its_way(self, tmp_path: Path, force: bool) -> None:
        outer = created(local_subject("directory", "outer", force_destroy=force), tmp_path)
        inner = [
            created(local_subject(kind, f"outer/{kind}"), tmp_path) for kind in ("directory", "oci_registry", "sqlite")
        ]
        (tmp_path / "outer" / "sqlite-wal").touch()
        intents = [Intent("delete", subject) for subject in (outer, *inner)]
        ENGINE.prepare(intents, local_context(tmp_path))
        with pytest.raises(EngineRefusedError):
            ENGINE.prepare(intents[:1], local_context(tmp_path))

    def test_what_is_gone_already_is_in_nobodys_way(self, tmp_path: Path) -> None:
        subject = created(local_subject("sqlite", "it"), tmp_path)
        (tmp_path / "it").unlink()
        ENGINE.prepare([Intent("delete", subject)], local_context(tmp_path))

    @KINDS
    def test_what_holds_data_goes_with_force_destroy(self, tmp_path: Path, kind: str) -> None:
        subject = created(local_subject(kind, "it", force_destroy=True), tmp_path)
        self.put_data_in(tmp_path / "it", kind)
        ENGINE.delete(subject, local_context(tmp_path))
        assert names_below(tmp_path) == set()

    @staticmethod
    def put_data_in(path: Path, kind: str) -> str:
        match kind:
            case "directory":
                for name in ("b", "a", "c"):
                    (path / name).write_text("data")
                return "has a and 2 more in it"
            case "oci_registry":
                (path / "blobs" / "sha256" / ("0" * 64)).write_text("blob")
                return "has a blob in it"
            case _:
                with sqlite3.connect(path) as database:
                    database.execute("CREATE TABLE runs (x)")
                    database.execute("CREATE TABLE empty (x)")
                    database.execute("INSERT INTO runs VALUES (1)")
                database.close()
                return "has rows in runs"

    def test_tables_without_rows_are_no_data(self, tmp_path: Path) -> None:
        subject = created(local_subject("sqlite", "it"), tmp_path)
        with sqlite3.connect(tmp_path / "it") as database:
            database.execute("CREATE TABLE runs (x)")
        database.close()
        ENGINE.delete(subject, local_context(tmp_path))
        assert names_below(tmp_path) == set()

    def test_a_database_in_use_is_not_deleted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("flowyml_infra.apply.engines.local.database._PATIENCE_SECONDS", 0.05)
        subject = created(local_subject("sqlite", "it"), tmp_path)
        database = sqlite3.connect(tmp_path / "it", isolation_level=None)
        database.execute("BEGIN IMMEDIATE")
        with pytest.raises(EngineError) as caught:
            ENGINE.delete(subject, local_context(tmp_path))
        assert "another program uses the database" in caught.value.message
        database.close()
        ENGINE.delete(subject, local_context(tmp_path))
        assert names_below(tmp_path) == set()

    @FOLDERS
    def test_force_destroy_stops_at_another_resource_inside(self, tmp_path: Path, kind: str) -> None:
        outer = created(local_subject(kind, "it", "outer", force_destroy=True), tmp_path)
        inner = created(local_subject("directory", "it/deep/inner", "inner"), tmp_path)
        error = refusal(ENGINE.delete, outer, local_context(tmp_path))
        assert error.message == "it contains local.directory.inner of the stack demo@staging"
        ENGINE.delete(inner, local_context(tmp_path))
        ENGINE.delete(outer, local_context(tmp_path))
        assert names_below(tmp_path) == set()

    @KINDS
    def test_what_lost_its_mark_is_not_deleted(self, tmp_path: Path, kind: str) -> None:
        subject = created(local_subject(kind, "it", force_destroy=True), tmp_path)
        self.unmark(tmp_path / "it")
        error = refusal(ENGINE.delete, subject, local_context(tmp_path))
        assert "does not carry the mark" in error.message
        assert "state rm" in str(error.hint)
        assert (tmp_path / "it").exists()

    @KINDS
    def test_what_lost_its_mark_shows_as_drift_of_its_labels_and_an_update_marks_it_again(
        self, tmp_path: Path, kind: str
    ) -> None:
        subject = created(local_subject(kind, "it", labels={"team": "ml"}), tmp_path)
        self.unmark(tmp_path / "it")
        reading = ENGINE.read(subject, local_context(tmp_path))
        assert reading is not None
        assert reading.properties["labels"] == {}
        ENGINE.update(subject, reading.properties, local_context(tmp_path))
        ENGINE.delete(subject, local_context(tmp_path))
        assert names_below(tmp_path) == set()

    @staticmethod
    def unmark(path: Path) -> None:
        if path.is_dir():
            (path / ".flowyml-resource.json").unlink()
        else:
            with sqlite3.connect(path) as database:
                database.execute("DROP TABLE flowyml_resource")
            database.close()

    @KINDS
    def test_a_link_put_in_its_place_is_not_deleted(self, tmp_path: Path, kind: str) -> None:
        subject = created(local_subject(kind, "it", force_destroy=True), tmp_path)
        (tmp_path / "it").rename(tmp_path / "moved")
        (tmp_path / "it").symlink_to("moved")
        before = names_below(tmp_path)
        refusal(ENGINE.delete, subject, local_context(tmp_path))
        assert names_below(tmp_path) == before

    def test_a_file_that_arrives_while_it_is_renamed_brings_it_back(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subject = created(local_subject("directory", "it"), tmp_path)
        rename = os.rename

        def late(source, target) -> None:
            late_file = Path(source) / "late"
            if str(target).endswith(".gone"):
                late_file.write_text("data")
            rename(source, target)

        monkeypatch.setattr(os, "rename", late)
        assert "has late in it" in refusal(ENGINE.delete, subject, local_context(tmp_path)).message
        assert (tmp_path / "it" / "late").read_text() == "data"

    def test_force_destroy_follows_no_links(self, tmp_path: Path) -> None:
        root, outside = tmp_path / "project", tmp_path / "outside"
        outside.mkdir()
        (outside / "kept").write_text("data")
        subject = created(local_subject("directory", "it", force_destroy=True), root)
        (root / "it" / "link").symlink_to(outside)
        ENGINE.delete(subject, local_context(root))
        assert (outside / "kept").read_text() == "data"


class TestWhatIsWritten:
    @KINDS
    def test_no_secret_label_is_on_the_disk(self, tmp_path: Path, kind: str) -> None:
        canary = "canary-4711"
        labels = {"token": Secret(canary), "team": "ml"}
        subject = created(local_subject(kind, "it", labels=labels), tmp_path)
        ENGINE.update(replace(subject, properties={**subject.properties}), subject.properties, local_context(tmp_path))
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert files
        assert not [path for path in files if canary.encode() in path.read_bytes()]
        reading = ENGINE.read(subject, local_context(tmp_path))
        assert reading is not None
        assert reading.properties["labels"] == labels, "a secret label is no drift"

    def test_the_mark_says_whose_it_is(self, tmp_path: Path) -> None:
        subject = created(local_subject("directory", "it", labels={"team": "ml"}), tmp_path)
        assert json.loads((tmp_path / "it" / ".flowyml-resource.json").read_text()) == {
            "format": 1,
            "creation_id": subject.creation_id,
            "address": "local.directory.thing",
            "stack": "demo",
            "environment": "staging",
            "labels": {"team": "ml"},
            "hidden_labels": [],
        }

    def test_a_registry_is_an_empty_oci_layout(self, tmp_path: Path) -> None:
        created(local_subject("oci_registry", "it"), tmp_path)
        assert json.loads((tmp_path / "it" / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
        index = json.loads((tmp_path / "it" / "index.json").read_text())
        assert (index["schemaVersion"], index["manifests"]) == (2, [])

    @pytest.mark.parametrize("mode", ["wal", "delete"])
    def test_a_database_is_sound_and_in_its_journal_mode(self, tmp_path: Path, mode: str) -> None:
        created(local_subject("sqlite", "it", journal_mode=mode), tmp_path)
        database = sqlite3.connect(tmp_path / "it")
        assert database.execute("PRAGMA journal_mode").fetchone() == (mode,)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.execute("CREATE TABLE t (x)")
        database.close()

    def test_the_mode_of_a_folder_is_set_whatever_the_umask_is(self, tmp_path: Path) -> None:
        before = os.umask(0o077)
        try:
            created(local_subject("directory", "it", mode="2775"), tmp_path)
        finally:
            os.umask(before)
        assert (tmp_path / "it").stat().st_mode & 0o7777 == 0o2775

    def test_outputs_are_absolute_and_quoted_where_they_are_uris(self, tmp_path: Path) -> None:
        context = local_context(tmp_path)
        outputs = {
            kind: ENGINE.create(local_subject(kind, f"a b/{kind}"), context).outputs
            for kind in ("directory", "sqlite", "oci_registry")
        }
        base = f"{tmp_path}/a b"
        quoted = base.replace(" ", "%20")
        assert outputs == {
            "directory": {
                "path": f"{base}/directory",
                "uri": f"file://{quoted}/directory",
                "id": "a b/directory",
            },
            "sqlite": {"path": f"{base}/sqlite", "uri": f"sqlite:///{base}/sqlite", "id": "a b/sqlite"},
            "oci_registry": {
                "path": f"{base}/oci_registry",
                "uri": f"oci:{base}/oci_registry",
                "id": "a b/oci_registry",
            },
        }


class TestDrift:
    def test_a_changed_mode_is_read(self, tmp_path: Path) -> None:
        subject = created(local_subject("directory", "it"), tmp_path)
        (tmp_path / "it").chmod(0o700)
        reading = ENGINE.read(subject, local_context(tmp_path))
        assert reading is not None
        assert reading.properties["mode"] == "0700"

    def test_what_became_another_kind_of_thing_is_gone(self, tmp_path: Path) -> None:
        subject = created(local_subject("sqlite", "it"), tmp_path)
        (tmp_path / "it").unlink()
        (tmp_path / "it").mkdir()
        assert ENGINE.read(subject, local_context(tmp_path)) is None

    def test_what_is_no_database_any_more_has_no_mark(self, tmp_path: Path) -> None:
        subject = created(local_subject("sqlite", "it", force_destroy=True), tmp_path)
        (tmp_path / "it").write_text("not a database")
        assert "does not carry the mark" in refusal(ENGINE.delete, subject, local_context(tmp_path)).message

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"[]", b'{"format": 2}', b"\xff\xfe", b"[" * 100_000, b'{"labels": 1, "format": 1}']
    )
    def test_a_damaged_mark_is_no_mark(self, tmp_path: Path, content: bytes) -> None:
        subject = created(local_subject("directory", "it", force_destroy=True), tmp_path)
        (tmp_path / "it" / ".flowyml-resource.json").write_bytes(content)
        assert "does not carry the mark" in refusal(ENGINE.delete, subject, local_context(tmp_path)).message

    def test_a_mark_that_is_a_link_is_no_mark(self, tmp_path: Path) -> None:
        subject = created(local_subject("directory", "it", force_destroy=True), tmp_path)
        mark = tmp_path / "it" / ".flowyml-resource.json"
        mark.rename(tmp_path / "mark")
        mark.symlink_to(tmp_path / "mark")
        assert "does not carry the mark" in refusal(ENGINE.delete, subject, local_context(tmp_path)).message


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (errno.EACCES, "permission was denied"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EIO, "the disk reported an error"),
        (errno.EBUSY, "it is in use"),
    ],
)
def test_what_the_system_refuses_is_told_with_a_cure(tmp_path: Path, number: int, cause: str) -> None:
    with (
        failing_at(0, lambda: OSError(number, os.strerror(number), "/there")),
        pytest.raises(EngineError) as caught,
    ):
        ENGINE.create(local_subject("directory", "it"), local_context(tmp_path))
    assert cause in caught.value.message
    assert caught.value.message.endswith("at /there")
    assert caught.value.hint


def test_many_creations_at_once_in_one_new_folder_do_not_disturb_each_other(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    context = local_context(tmp_path)
    subjects = [local_subject("directory", f"new/folder/{uuid.uuid4()}") for _ in range(40)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda subject: ENGINE.create(subject, context), subjects))
    assert [item.physical_id for item in made] == [subject.properties["path"] for subject in subjects]


def test_of_two_creations_at_one_place_one_wins(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    context = local_context(tmp_path)

    def attempt(subject: Subject) -> bool:
        try:
            ENGINE.create(subject, context)
        except EngineRefusedError:
            return False
        return True

    for kind in ("directory", "sqlite", "oci_registry"):
        for number in range(10):
            subjects = [local_subject(kind, f"{kind}{number}") for _ in range(4)]
            with ThreadPoolExecutor(4) as pool:
                won = list(pool.map(attempt, subjects))
            assert won.count(True) == 1
            winner = subjects[won.index(True)]
            assert ENGINE.locate(winner, context) is not None
