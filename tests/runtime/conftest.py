from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flowyml_infra.runtime.binding import BoundStack, set_default_binder
from flowyml_infra.runtime.metadata.sqlite import SQLiteMetadataStore


class Binder:
    """Binds every run to one stack in a folder, and notes what it was asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[tuple[Any, Any, dict[str, Any]]] = []
        self.more: dict[str, Any] = {}
        self.by_stack: dict[Any, BoundStack] = {}

    def __call__(self, stack: Any, env: str | None, **more: Any) -> BoundStack:
        self.asked.append((stack, env, more))
        return self.by_stack.get(stack) or self.stack("main", **self.more)

    def stack(self, name: str, **more: Any) -> BoundStack:
        given = {
            "artifact_store_uri": str(self.folder / f"{name}-artifacts"),
            "metadata_store_uri": f"sqlite:///{self.folder}/metadata.db",
        }
        return BoundStack(name=name, **{**given, **more})

    def metadata(self) -> SQLiteMetadataStore:
        return SQLiteMetadataStore(self.folder / "metadata.db")


@pytest.fixture
def binder(tmp_path: Path) -> Iterator[Binder]:
    binder = Binder(tmp_path)
    set_default_binder(binder)
    yield binder
    set_default_binder(None)


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Runs source text as a module of its own, so that one function can be had in two versions."""

    def load(source: str, **values: Any) -> dict[str, Any]:
        space: dict[str, Any] = {"__name__": "user_code", **values}
        exec(compile(source, "user_code.py", "exec"), space)
        return space

    return load
