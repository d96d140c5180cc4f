"""Owns the exit codes of the command: which there are, which error has which, and which wins when several apply."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from flowyml_infra.errors import (
    ApplyInterruptedError,
    PartialApplyError,
    PolicyDeniedError,
    StalePlanError,
    StateLockedError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


class Exit(IntEnum):
    """What the process says when it ends; scripts depend on these numbers."""

    DONE = 0
    ERROR = 1
    CHANGES = 2
    DENIED = 3
    LOCKED = 4
    STALE = 5
    PARTIAL = 6
    INTERRUPTED = 130


PRECEDENCE = (
    Exit.INTERRUPTED,
    Exit.LOCKED,
    Exit.STALE,
    Exit.PARTIAL,
    Exit.DENIED,
    Exit.ERROR,
    Exit.CHANGES,
    Exit.DONE,
)
"""Where several codes apply, the first of these that does is used."""

_BY_ERROR: tuple[tuple[type[BaseException], Exit], ...] = (
    (KeyboardInterrupt, Exit.INTERRUPTED),
    (ApplyInterruptedError, Exit.INTERRUPTED),
    (StateLockedError, Exit.LOCKED),
    (StalePlanError, Exit.STALE),
    (PartialApplyError, Exit.PARTIAL),
    (PolicyDeniedError, Exit.DENIED),
)


def exit_of(error: BaseException) -> Exit:
    """The code for a command that ended with ``error``."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), Exit.ERROR)


def foremost(codes: Iterable[Exit]) -> Exit:
    """The code that wins among ``codes``; ``DONE`` when there are none."""
    return min(codes, key=PRECEDENCE.index, default=Exit.DONE)
