"""Owns what counts of a code object: its instructions and constants, and the names that it looks up."""

from __future__ import annotations

import hashlib
from types import CodeType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_KNOWN: Final = 10_000

_known: dict[int, tuple[CodeType, bytes, tuple[str, ...]]] = {}
"""Digest and names by the identity of the code object, which is kept so that the identity stays its own."""


def code_bytes(code: CodeType) -> bytes:
    """SHA-256 over what ``code`` does, with everything nested in it; not over where it was written."""
    return _look_up(code)[1]


def names_in(code: CodeType) -> tuple[str, ...]:
    """Every name that ``code`` and what is nested in it may look up in the module; some are only attributes."""
    return _look_up(code)[2]


def _look_up(code: CodeType) -> tuple[CodeType, bytes, tuple[str, ...]]:
    known = _known.get(id(code))
    if known is None or known[0] is not code:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        known = _known[id(code)] = (code, _digest(code), tuple(dict.fromkeys(_names(code))))
    return known


def _digest(code: CodeType) -> bytes:
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    hasher = hashlib.sha256(
        repr((code.co_code, code.co_exceptiontable, counts, names)).encode("utf-8", "backslashreplace")
    )
    for constant in code.co_consts:
        hasher.update(_constant(constant))
    return hasher.digest()


def _constant(value: object) -> bytes:
    """A constant with its type; the order within a set differs from process to process."""
    match value:
        case CodeType():
            return _digest(value)
        case frozenset():
            return b"frozenset(" + b",".join(sorted(_constant(item) for item in value)) + b")"
        case tuple():
            return b"tuple(" + b",".join(_constant(item) for item in value) + b")"
        case _:
            return f"{type(value).__name__}:{value!r};".encode("utf-8", "backslashreplace")


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
