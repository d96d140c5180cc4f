"""Owns the JSON form of plain values; what JSON would bring back as something else is not plain."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.runtime.materializers.materializer import Buffer

_MOST_PARTS: Final = 10_000
"""Beyond these many parts the search for something that is not plain costs more than another form does."""
_DEEPEST: Final = 64
_LONGEST_INT_BITS: Final = 4_096
"""Python refuses to read back integers of more than 4,300 decimal digits."""


class PlainJson:
    """Texts, numbers, booleans, None, and lists and dictionaries of them, as JSON in UTF-8.

    A part that is in a value twice comes back as two equal parts.
    """

    format = "json"

    def dump(self, value: Any) -> Sequence[Buffer]:  # noqa: ANN401
        """See :class:`flowyml_infra.runtime.materializers.materializer.Materializer`."""
        return [json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")]

    def load(self, data: memoryview) -> object:
        """See :class:`flowyml_infra.runtime.materializers.materializer.Materializer`."""
        return json.loads(bytes(data))


def is_plain(value: object, most_parts: int = _MOST_PARTS) -> bool:
    """Whether ``value`` comes back from JSON as it is, types and all, and has no more than ``most_parts`` parts."""
    return _count(value, most_parts, _DEEPEST) >= 0


def _count(value: object, left: int, depth: int) -> int:
    """How many parts may still follow ``value``; negative when it is not plain."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return left - 1
    if kind is int:
        return left - 1 if value.bit_length() <= _LONGEST_INT_BITS else -1  # type: ignore[attr-defined]
    if kind is float:
        return left - 1 if isfinite(value) else -1  # type: ignore[arg-type]
    if depth == 0 or left <= 0:
        return -1
    if kind is list:
        return _count_all(value, left - 1, depth - 1)
    if kind is dict:
        if any(type(key) is not str for key in value):  # type: ignore[attr-defined]
            return -1
        return _count_all(value.values(), left - 1, depth - 1)  # type: ignore[attr-defined]
    return -1


def _count_all(values: Any, left: int, depth: int) -> int:  # noqa: ANN401 -- a list or a view of values
    for value in values:
        left = _count(value, left, depth)
        if left < 0:
            return -1
    return left
