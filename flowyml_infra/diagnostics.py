"""Owns the diagnostic: one problem, its place and its cure; collecting them is the caller's business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a text: ``file`` as the user named it, ``line`` and ``column`` counted from 1."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [self.file, *(str(n) for n in (self.line, self.column) if n is not None)]
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem.

    Attributes:
        severity: ``error`` stops the command, the others do not.
        code: A stable, dotted identifier.
        summary: One line: what is wrong.
        detail: Why it is wrong, in as many lines as that takes.
        address: The resource concerned.
        location: Where in which file.
        hint: What to do.
    """

    severity: Severity
    code: str
    summary: str
    detail: str = ""
    address: str | None = None
    location: Location | None = None
    hint: str | None = None

    def to_json(self) -> dict[str, object]:
        """The contracted JSON form."""
        return {
            "severity": self.severity,
            "code": self.code,
            "summary": self.summary,
            "detail": self.detail,
            "address": self.address,
            "file": self.location.file if self.location else None,
            "line": self.location.line if self.location else None,
            "column": self.location.column if self.location else None,
            "hint": self.hint,
        }


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """A hint that names the closest of ``candidates``, or None when none is close."""
    import difflib

    matches = difflib.get_close_matches(word, list(candidates), n=1, cutoff=0.6)
    return f"did you mean {matches[0]!r}?" if matches else None
