"""Owns what the CLI is told so that it reaches a backend, and what is held for as long as it does."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Access:
    """How the CLI reaches a backend.

    Attributes:
        url: Where it is; without a password.
        environment: Variables that the CLI is given.
        hidden: Variables of this process that it is not given, nor anything that it starts.
        held: What is let go of once the CLI is not needed any more.
    """

    url: str
    environment: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    held: ExitStack = field(default_factory=ExitStack, repr=False)
