"""Owns the port to stacks that were registered once and are found by name ever after; keeping them is the state's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class RegisteredStack:
    """One registered stack.

    Attributes:
        name: Its name, unique in the registry.
        document: The definition as it was registered, YAML or JSON.
        source: Where it was registered from, as the user named it.
        digest: Changes whenever ``document`` does, for example its SHA-256 in hexadecimal.
        version: ``metadata.version``, or None.
    """

    name: str
    document: str
    source: str
    digest: str
    version: str | None = None


class RegisteredStacks(Protocol):
    """Reads the registry. It is asked once nothing else has the name, and should open nothing before."""

    def registered_stack(self, name: str) -> RegisteredStack | None:
        """The newest version of the stack of this name, or None."""

    def registered_stacks(self) -> Sequence[RegisteredStack]:
        """Every registered stack in its newest version, by name."""
