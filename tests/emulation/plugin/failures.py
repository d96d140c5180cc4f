"""Owns the ways in which a provider says no; the servicer alone turns them into gRPC statuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.emulation.plugin.values import Path


class RefusedError(Exception):
    """The operation did not happen, or the provider cannot tell."""


@dataclass
class PartlyMadeError(Exception):
    """The thing is there and has an id, and is not what it should be: it timed out or failed to start."""

    id: str
    outputs: dict[str, Any]
    reason: str
    inputs: dict[str, Any] = field(default_factory=dict)
    secrets: frozenset[Path] = frozenset()
    """Where the outputs and inputs are secret; the servicer fills it in."""

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True)
class CheckFailure:
    """One input that is refused before anything is called."""

    property: str
    reason: str
