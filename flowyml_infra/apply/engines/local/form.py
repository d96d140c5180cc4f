"""Owns the protocol of a form that a local resource takes on the disk; the order of operations is the engine's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from flowyml_infra.apply.engine import Subject
    from flowyml_infra.apply.engines.local.mark import Mark
    from flowyml_infra.resources.values import Value


class Form(Protocol):
    """What the engine asks of a form. Everything may raise ``OSError`` and ``sqlite3.Error``."""

    noun: str
    """What it is called in a message, with its article."""

    def build(self, path: Path, subject: Subject, mark: Mark) -> None:
        """Make it whole at ``path``, where nothing is, marked and on the disk."""

    def put(self, source: Path, target: Path) -> None:
        """Give ``source`` the name ``target`` at once; FileExistsError when that is taken, and then nothing changed."""

    def is_at(self, path: Path) -> bool:
        """Whether a thing of this form, not a link to one, is at ``path``."""

    def mark_at(self, path: Path) -> Mark | None:
        """The mark of what is at ``path``, or None when it has none."""

    def adjust(self, path: Path, subject: Subject, mark: Mark) -> None:
        """Give what is at ``path`` this mark and the properties of ``subject``."""

    def observe(self, path: Path) -> Mapping[str, Value]:
        """The properties that show in the world, without path and labels."""

    def holdings(self, path: Path, going: Collection[Path] = ()) -> str | None:
        """What deleting it would lose, as a clause (``has 3 files in it``), or None; ``going`` goes before it does."""

    def others(self, path: Path) -> list[Mark]:
        """The marks of other resources inside it."""

    def remove(self, path: Path, former: Path) -> None:
        """Remove what is at ``path``, which was at ``former`` before, and what belonged to it there."""

    def discard(self, path: Path) -> None:
        """Remove a half-built thing at ``path``; harmless when there is none."""

    def uri(self, path: Path) -> str:
        """How others refer to it."""
