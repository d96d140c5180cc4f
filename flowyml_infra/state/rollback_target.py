"""Owns which operation of a history is meant by what a person writes, when there is to be a way back to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.state.snapshot import Snapshot
    from flowyml_infra.state.store import OperationRecord

_SHORTEST: Final = 6
"""The digits of an operation or a digest that are enough, if they fit one alone."""
_SHOWN: Final = 5


def find_target(snapshot: Snapshot, history: Sequence[OperationRecord], wanted: str | None) -> OperationRecord:
    """The operation whose definition there is to be a way back to.

    Args:
        snapshot: What is recorded now.
        history: All operations on it, newest first.
        wanted: The id of an operation, a serial, the digest of a definition, or the beginning of an id or digest. None
            for the definition that last went through whole and is not the present one.

    Raises:
        StateError: There is none, or its definition was not recorded.
    """
    applies = [item for item in history if item.kind in ("apply", "destroy")]
    if wanted is None:
        return _before(snapshot, applies)
    found = _named(applies, wanted.lower(), snapshot.serial)
    if found is None:
        raise _nowhere(f"{snapshot.key} has no apply {wanted}, by its operation, serial or definition", applies)
    if found.recorded_definition is None:
        raise _nowhere(f"the {_described(found)} {_why(found)}", applies)
    return found


def _before(snapshot: Snapshot, applies: Sequence[OperationRecord]) -> OperationRecord:
    """Of a deployment that was destroyed, or whose last apply did not go through, what stood before that."""
    present = applies[0].recorded_definition if applies else None
    for item in applies:
        if item.status == "succeeded" and item.recorded_definition not in (None, present):
            return item
    message = f"{snapshot.key} has no earlier definition on record"
    unrecorded = [item for item in applies if item.kind == "apply" and item.recorded_definition is None]
    if unrecorded:
        message += f": the {_described(unrecorded[0])} {_why(unrecorded[0])}"
    raise _nowhere(message, applies)


def _named(applies: Sequence[OperationRecord], wanted: str, newest: int) -> OperationRecord | None:
    for item in applies:
        if wanted == item.id:
            return item
    if wanted.isdecimal() and len(wanted) < _SHORTEST:
        return _at_serial(applies, int(wanted), newest)
    if len(wanted) < _SHORTEST:
        return None
    fitting = [item for item in applies if any(name.startswith(wanted) for name in _names(item))]
    if not fitting and wanted.isdecimal():
        return _at_serial(applies, int(wanted), newest)
    recorded = [item for item in fitting if item.recorded_definition is not None]
    if len({item.recorded_definition for item in recorded}) > 1:
        listed = "; ".join(_described(item) for item in recorded[:_SHOWN])
        raise StateError(f"{wanted} may be any of: {listed}", code="state.ambiguous", hint="name the operation")
    return next(iter(recorded or fitting), None)


def _names(item: OperationRecord) -> tuple[str, ...]:
    return (item.id, item.definition_digest or "", item.recorded_definition or "")


def _at_serial(applies: Sequence[OperationRecord], serial: int, newest: int) -> OperationRecord | None:
    """What was applied, whole or in part, when the deployment was at ``serial``."""
    if serial > newest:
        return None
    return next((item for item in applies if item.serial_before < serial or item.serial_after == serial), None)


def _why(item: OperationRecord) -> str:
    if item.kind == "destroy":
        return "removed everything, and left no definition"
    return "was made by a release that kept no definitions"


def _nowhere(message: str, applies: Sequence[OperationRecord]) -> StateError:
    there = [item for item in applies if item.recorded_definition is not None]
    if not there:
        hint = "every apply that changes something records its definition; there is none yet"
    else:
        listed = "; ".join(_described(item) for item in there[:_SHOWN])
        hint = f"there is a way back to: {listed}; `flowyml-infra state history` lists all"
    return StateError(message, code="state.no_definition", hint=hint)


def _described(item: OperationRecord) -> str:
    return f"{item.kind} {item.id} of {item.started_at[:16].replace('T', ' ')}"
