"""Owns where a local resource is, and the refusal of places that it may not be: outside, through links, around us."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from flowyml_infra.apply.engines.local.failure import refused
from flowyml_infra.resources.local_paths import leaves_project, normal_path, path_problem

if TYPE_CHECKING:
    from flowyml_infra.apply.engine import EngineContext, Subject


@dataclass(frozen=True, slots=True)
class Place:
    """Where one resource is, and the names beside it that only its own creation uses.

    Attributes:
        text: The path in its normal spelling, relative to the project or absolute: the physical id.
        target: The absolute path.
        parent: The folder around it.
        building: Where it is made before it is put at ``target``; in ``parent``, so on the same file system.
        leaving: What it is called while it is being removed.
    """

    text: str
    target: Path
    parent: Path
    building: Path
    leaving: Path


def find_place(subject: Subject, context: EngineContext) -> Place:
    """The place of ``subject``.

    Raises:
        EngineRefusedError: Its path is no text, leads out of the project without leave, or leads around the project.
    """
    text = _text(subject)
    outside = subject.properties.get("allow_outside") is True
    if subject.physical_id is None and leaves_project(text) and not outside:
        raise _outside(subject, text, "leads out of the project")
    root = context.project_root.absolute()
    target = root / text if not text.startswith("..") else Path(os.path.normpath(root / text))
    parent = target.parent
    real_root = _real_root(root)
    real_parent = _real_parent(parent, root, real_root)
    if not leaves_project(text) and not outside and not _within(real_parent, real_root):
        raise _outside(subject, text, f"leads through a symbolic link to {real_parent}, out of the project")
    if _within(real_root, f"{real_parent.rstrip(os.sep)}{os.sep}{target.name}"):
        raise refused(
            subject,
            f"{text} is a folder around the project itself",
            "choose a path that does not contain the project",
            code="engine.place_refused",
        )
    hidden = f".flowyml-{subject.creation_id}"
    return Place(text, target, parent, parent / f"{hidden}.new", parent / f"{hidden}.gone")


@lru_cache(maxsize=8)
def _real_root(root: Path) -> str:
    """The project's folder without links; nobody moves it while this process runs in it."""
    return os.path.realpath(root)


def _real_parent(parent: Path, root: Path, real_root: str) -> str:
    """``parent`` without links. Below the project only the folders in between are looked at, in every call anew."""
    text, base = str(parent), str(root)
    if not _within(text, base) or ".." in parent.parts:
        return os.path.realpath(parent)
    folders = [folder for folder in (parent, *parent.parents) if len(str(folder)) > len(base)]
    if any(folder.is_symlink() for folder in folders):
        return os.path.realpath(parent)
    return real_root + text[len(base) :]


def _text(subject: Subject) -> str:
    value = subject.physical_id or subject.properties.get("path")
    if not isinstance(value, str):
        raise refused(
            subject,
            "its path is a secret or no text",
            "a path shows on the disk; write it so that everybody may read it",
            code="engine.place_refused",
        )
    problem = path_problem(value)
    if problem:
        raise refused(subject, f"its path {problem}", "choose another path", code="engine.place_refused")
    return str(normal_path(value))


def _outside(subject: Subject, text: str, why: str) -> Exception:
    return refused(subject, f"{text} {why}", "set allow_outside: true if that is meant", code="engine.place_refused")


def _within(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or in it, both being real paths."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
