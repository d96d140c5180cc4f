from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from uuid import uuid4

import pytest

from flowyml_infra import Pipeline, step
from flowyml_infra.errors import EngineUnavailableError, PipelineError
from flowyml_infra.runtime.artifacts.artifact import load, object_path, save, serialise
from flowyml_infra.runtime.artifacts.clouds import AzureBlobStore, GCSArtifactStore, S3ArtifactStore
from flowyml_infra.runtime.artifacts.local import LocalArtifactStore
from flowyml_infra.runtime.artifacts.opening import open_artifact_store
from flowyml_infra.runtime.artifacts.remote import RemoteArtifactStore


@pytest.fixture(params=["local", "fsspec"])
def store(request, tmp_path):
    if request.param == "local":
        return LocalArtifactStore(tmp_path / "some folder #1 50%")
    return RemoteArtifactStore(f"memory://{uuid4().hex}/prefix/")


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("value", [None, {"a": 1}, "x" * 3_000_000, (b"", b"\0" * 2_000_000)], ids=["0", "1", "2", "3"])
def test_what_was_stored_can_be_loaded(store, value):
    artifact = save(value, store)
    assert store.holds(artifact.digest, artifact.size)
    assert load(artifact, store) == value
    assert load(artifact, open_artifact_store(artifact.store)) == value
    assert artifact.uri == f"{store.uri}/{object_path(artifact.digest)}"


def test_a_store_does_not_hold_what_was_never_stored(store):
    _, _, digest, size = serialise([1])
    assert not store.holds(digest, size)
    with pytest.raises(PipelineError, match="there is no artifact") as caught:
        store.get(digest, size)
    assert caught.value.hint


def test_an_object_that_was_cut_short_is_not_held_and_is_written_again(store):
    value = ["something"]
    form, _, digest, size = serialise(value)
    store.put(digest, [b"["], 1)
    assert not store.holds(digest, size)
    artifact = save(value, store)
    assert load(artifact, store) == value
    assert artifact.format == form


def test_an_object_that_was_changed_is_not_loaded(store):
    value = ["something"]
    _, _, digest, size = serialise(value)
    store.put(digest, [bytes(size)], size)
    artifact = save(value, store)
    with pytest.raises(PipelineError, match="not what was stored"):
        load(artifact, store)


def test_what_is_loaded_is_ones_own(store):
    numpy = pytest.importorskip("numpy")
    artifact = save(numpy.zeros(300_000), store)
    load(artifact, store)[0] = 1
    assert load(artifact, store)[0] == 0


def test_nothing_is_left_of_a_write_that_fails(tmp_path):
    store = LocalArtifactStore(tmp_path)

    def pieces():
        yield b"one"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.put("ab" * 32, pieces(), 10)
    assert files(tmp_path) == []


def test_a_full_disk_is_a_clear_error(tmp_path, monkeypatch):
    import flowyml_infra.runtime.artifacts.local as module

    def full(path, pieces):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_write", full)
    with pytest.raises(PipelineError, match="No space left on device"):
        save([1], LocalArtifactStore(tmp_path))
    assert files(tmp_path) == []


def test_writers_of_the_same_content_do_not_disturb_each_other(tmp_path):
    store, errors, together = LocalArtifactStore(tmp_path), [], threading.Barrier(8)

    def write():
        try:
            together.wait(timeout=30)
            for number in range(50):
                assert load(save([number], store), store) == [number]
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(files(tmp_path)) == 50


@pytest.mark.parametrize("form", ["{}", "file://{}", "FILE://{}", "file:{}"])
def test_every_way_of_writing_a_local_place_leads_to_it(tmp_path, form):
    store = open_artifact_store(form.format(tmp_path))
    assert isinstance(store, LocalArtifactStore)
    assert store.path == tmp_path
    assert store.uri == tmp_path.as_uri()


def test_a_relative_place_starts_at_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert LocalArtifactStore("a/b").path == tmp_path / "a/b"
    assert LocalArtifactStore("file://a/b").path == tmp_path / "a/b"


@pytest.mark.parametrize(
    ("store", "uri", "extra"),
    [
        (S3ArtifactStore("bucket", "a/", region="eu-west-1"), "s3://bucket/a", "aws"),
        (GCSArtifactStore("bucket", project_id="p"), "gs://bucket", "gcp"),
        (AzureBlobStore("account", "box", "x"), "abfs://box@account.dfs.core.windows.net/x", "azure"),
    ],
)
def test_a_cloud_whose_filesystem_is_not_installed_says_what_to_install(store, uri, extra, monkeypatch):
    assert store.uri == uri
    for module in ("s3fs", "gcsfs", "adlfs"):
        monkeypatch.setitem(sys.modules, module, None)
    for place in (store, open_artifact_store(uri)):
        with pytest.raises(EngineUnavailableError) as caught:
            place.put("ab" * 32, [b"x"], 1)
        assert f"flowyml-infra[{extra}]" in (caught.value.hint or "")


def test_a_scheme_that_nobody_knows_is_an_error():
    with pytest.raises(EngineUnavailableError, match="nonsense"):
        open_artifact_store("nonsense://x/y").holds("ab" * 32, 1)


def test_a_pipeline_runs_on_a_store_of_fsspec(binder):
    place = f"memory://{uuid4().hex}"
    binder.more = {"artifact_store_uri": place}

    @step
    def numbers():
        return list(range(5))

    @step
    def total(numbers):
        return sum(numbers)

    for cached in (False, True):
        result = Pipeline("p", steps=[numbers, total]).run().raise_for_status()
        assert [item.cached for item in result.steps.values()] == [cached, cached]
        assert result.outputs["total"] == 10
    assert result.outputs.artifact("total").uri.startswith(place)


def test_local_artifacts_and_a_run_without_retries_load_no_third_party(tmp_path):
    code = f"""
import sys
from flowyml_infra import Pipeline, step
from flowyml_infra.runtime.binding import BoundStack, set_default_binder
bound = BoundStack(name="x", artifact_store_uri={str(tmp_path / "a")!r}, metadata_store_uri="sqlite:///{tmp_path}/m.db")
set_default_binder(lambda *a, **k: bound)
Pipeline("p", steps=[step(lambda: 1, name="one")]).run().raise_for_status()
wanted = ("fsspec", "tenacity", "sqlalchemy", "pydantic", "yaml", "rich", "typer", "numpy")
print([name for name in wanted if name in sys.modules])
Pipeline("p", steps=[step(lambda: 2, name="two", retries=1)]).run().raise_for_status()
print("tenacity" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "True"]
