"""Owns how a document gets into the Rego interpreter, so that it sees every text and number as it is.

The interpreter keeps texts as JSON spells them, and its quicker way in takes them unseen: a text with a quote in it
would come out as another one. That way also cuts numbers short. See https://github.com/microsoft/rego-cpp.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json

_SPELT: Final = re.compile(r'["\\\x00-\x1f\ud800-\udfff]')
"""What JSON spells with a backslash, and what no UTF-8 has."""
_LARGEST: Final = 2**53


class _InexactError(Exception):
    """A number that the quick way in would change."""


def hand_over(interpreter: Any, document: Json) -> None:  # noqa: ANN401 -- an untyped package
    """Make ``document`` the input of ``interpreter``, once for every query."""
    try:
        spelt = _spelt(document)
    except _InexactError:
        interpreter.set_input_term(_encodable(json.dumps(document, ensure_ascii=False)))
        return
    interpreter.set_input(spelt)


def _spelt(value: Json) -> Json:
    """``value`` with texts as the interpreter keeps them.

    Raises:
        _InexactError: A number cannot be handed over like this.
    """
    if isinstance(value, str):
        return _encodable(json.dumps(value, ensure_ascii=False))[1:-1] if _SPELT.search(value) else value
    if isinstance(value, dict):
        return {str(_spelt(key)): _spelt(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_spelt(item) for item in value]
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > _LARGEST):
        raise _InexactError
    return value


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
