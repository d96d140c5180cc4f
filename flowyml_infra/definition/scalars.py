"""Owns what a plain scalar means: the YAML 1.2 core schema, kept to what JSON can say.

Against YAML 1.1: ``yes``, ``no``, ``on`` and ``off`` are texts, and there are no dates and no base-60 numbers. Digits
that begin with a superfluous zero (``0750``, ``012345678901``) are text, because file modes and account numbers look
like that and a number would lose the zero. ``.inf`` and ``.nan`` are texts, because JSON has no such numbers.
"""

from __future__ import annotations

import math
import re
from typing import Final

_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMERIC_START: Final = frozenset("+-.0123456789")
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_BASED: Final = re.compile(r"0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LARGEST: Final = 2**63 - 1
_MOST_DIGITS: Final = 40


class NumberRangeError(ValueError):
    """A number that is too large to be kept exactly."""


def resolve_plain(text: str) -> str | int | float | bool | None:
    """The value of an unquoted scalar.

    Raises:
        NumberRangeError: It is an integer beyond 64 bits or a float beyond what a double holds.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC_START:
        return text
    if _INTEGER.fullmatch(text):
        return _integer(text, 10)
    if _FLOAT.fullmatch(text):
        value = float(text)
        if math.isinf(value):
            raise NumberRangeError(text)
        return value
    return _integer(text, 0) if _BASED.fullmatch(text) else text


def _integer(text: str, base: int) -> int:
    if len(text) > _MOST_DIGITS:
        raise NumberRangeError(text)
    value = int(text, base)
    if abs(value) > _LARGEST:
        raise NumberRangeError(text)
    return value
