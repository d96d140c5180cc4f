"""Things are built once, whole or not at all."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from tests.emulation import cache


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FLOWYML_TEST_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def build_slowly(into: Path) -> None:
    (into / "half").touch()
    time.sleep(0.2)
    with (cache.folder() / "builds").open("a") as file:
        file.write("built\n")


def ask() -> None:
    assert (cache.built("thing-1", build_slowly) / "half").exists()


def test_processes_that_ask_at_once_share_one_build(folder: Path) -> None:
    context = multiprocessing.get_context("fork")
    asking = [context.Process(target=ask) for _ in range(4)]
    for process in asking:
        process.start()
    for process in asking:
        process.join()
        assert process.exitcode == 0
    assert (folder / "builds").read_text() == "built\n"


def test_a_build_that_fails_leaves_nothing_and_is_tried_again(folder: Path) -> None:
    def fail(into: Path) -> None:
        (into / "half").touch()
        raise RuntimeError("no compiler")

    with pytest.raises(RuntimeError, match="no compiler"):
        cache.built("thing-1", fail)
    assert [path.name for path in folder.iterdir()] == [".thing-1.lock"]
    ask()


def test_another_version_is_another_thing() -> None:
    assert cache.built("thing-1", build_slowly) != cache.built("thing-2", build_slowly)


def test_without_a_setting_it_lies_in_the_users_cache_and_not_in_the_repository(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("FLOWYML_TEST_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path in cache.folder().parents
