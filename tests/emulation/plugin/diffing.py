"""Owns what differs between two versions of a resource's properties, and which of it means a replacement."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tests.emulation.plugin.values import UNKNOWN, Path

ADD, DELETE, UPDATE = "add", "delete", "update"
PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$]*")


@dataclass(frozen=True)
class Change:
    """One path that was added, deleted or updated."""

    path: Path
    kind: str
    replaces: bool = False

    @property
    def name(self) -> str:
        """The path in the engine's own notation: ``spec.ports[0].port``, ``data["a.b"]``."""
        text = ""
        for part in self.path:
            if isinstance(part, int):
                text += f"[{part}]"
            elif PLAIN_KEY.fullmatch(part):
                text += f".{part}" if text else part
            else:
                text += f'["{part}"]'
        return text


@dataclass(frozen=True)
class Difference:
    """Everything that changes, and whether the old thing goes first when it is replaced."""

    changes: tuple[Change, ...] = ()
    delete_before_replace: bool = False

    @property
    def replaces(self) -> tuple[str, ...]:
        return tuple(change.name for change in self.changes if change.replaces)


def compare(old: Any, new: Any, path: Path = ()) -> list[Change]:
    """The changes from ``old`` to ``new``, each at the deepest path that both have in common."""
    if new is UNKNOWN:
        return [Change(path, UPDATE)]
    if isinstance(old, dict) and isinstance(new, dict):
        return _of_keys(old, new, path)
    if isinstance(old, list) and isinstance(new, list):
        return _of_keys(dict(enumerate(old)), dict(enumerate(new)), path)
    return [] if old == new else [Change(path, UPDATE)]


def _of_keys(old: dict[Any, Any], new: dict[Any, Any], path: Path) -> list[Change]:
    changes: list[Change] = []
    for key in [*old, *(key for key in new if key not in old)]:
        if key == "__defaults":
            continue
        here = (*path, key)
        if key not in new:
            changes.append(Change(here, DELETE))
        elif key not in old:
            changes.append(Change(here, ADD))
        else:
            changes.extend(compare(old[key], new[key], here))
    return changes


def marked(changes: list[Change], replacing: tuple[str, ...], ignored: tuple[str, ...]) -> tuple[Change, ...]:
    """``changes`` without the ignored ones, those at or below a path of ``replacing`` marked.

    The paths of both are written with dots and without list positions: ``spec.selector`` covers
    ``spec.selector.matchLabels.app``.
    """
    kept = [change for change in changes if not _covered(change.path, ignored)]
    return tuple(Change(change.path, change.kind, _covered(change.path, replacing)) for change in kept)


def _covered(path: Path, patterns: tuple[str, ...]) -> bool:
    keys = [part for part in path if isinstance(part, str)]
    return any(keys[: len(wanted)] == wanted for wanted in (pattern.split(".") for pattern in patterns))
