"""Subjects of the local kinds, and crashes at chosen calls of the operating system."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flowyml_infra.address import Address
from flowyml_infra.apply.engine import EngineContext, Subject
from flowyml_infra.resources.catalogue import kind
from flowyml_infra.state.key import DeploymentKey

KEY = DeploymentKey("demo", "staging")
CALLS = ("mkdir", "rename", "replace", "link", "unlink", "rmdir", "fsync", "chmod", "open")


def local_context(root: Path) -> EngineContext:
    return EngineContext(root, KEY, lambda: None)


def local_subject(kind_name: str, path: str, name: str = "thing", **properties: Any) -> Subject:
    chosen = kind("local", kind_name)
    values: dict[str, Any] = {item.name: item.default for item in chosen.properties} | {"path": path} | properties
    return Subject(Address(f"local.{kind_name}.{name}"), chosen, str(uuid.uuid4()), values)


def names_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


class Crash(BaseException):
    """The process is gone: nothing may clean up."""


@contextmanager
def failing_at(number: int, error: Callable[[], BaseException], *, after: bool = False) -> Iterator[list[str]]:
    """Raise at the call of this number (from 0) that changes the disk; ``after`` the call itself has worked.

    Yields:
        The calls made so far, by name.
    """
    made: list[str] = []
    kept = {name: getattr(os, name) for name in CALLS}

    def patched(name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if name == "open" and not args[1] & (os.O_CREAT | os.O_WRONLY):
                return kept[name](*args, **kwargs)
            made.append(name)
            if len(made) - 1 != number:
                return kept[name](*args, **kwargs)
            if after:
                kept[name](*args, **kwargs)
            raise error()

        return call

    for name in CALLS:
        setattr(os, name, patched(name))
    try:
        yield made
    finally:
        for name, original in kept.items():
            setattr(os, name, original)
