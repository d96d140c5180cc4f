"""Owns the bounds of a YAML document, and the error that stops the reading of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.diagnostics import Diagnostic

if TYPE_CHECKING:
    from flowyml_infra.diagnostics import Location


class LimitError(Exception):
    """A bound was crossed, or reading cannot go on for another reason; it stops at once."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.summary)
        self.diagnostic = diagnostic


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of a document. What aliases repeat counts as often as it is repeated.

    Attributes:
        size: Bytes of the file, and characters of all scalars together.
        depth: How far values may be nested.
        nodes: How many values there may be; keys are not counted. Ten thousand resources of forty values fit.
        repeated: How many values aliases may add for each one that is written out.
        free: How many values aliases may add in any case.
    """

    size: int = 16_000_000
    depth: int = 64
    nodes: int = 400_000
    repeated: int = 10
    free: int = 10_000

    def exceeded(self, location: Location, summary: str) -> Diagnostic:
        """The diagnostic for a crossed bound."""
        return Diagnostic(
            "error", "definition.limit", summary, location=location, hint="split the definition into several stacks"
        )
