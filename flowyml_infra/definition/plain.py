"""Owns the check that a mapping from Python code is plain JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.diagnostics import Diagnostic, Location
from flowyml_infra.errors import DefinitionError

if TYPE_CHECKING:
    from flowyml_infra.definition.jsonvalue import Json

_DEEPEST: Final = 64


def plain_mapping(mapping: Mapping[str, Any], source: str) -> dict[str, Json]:
    """A copy of ``mapping`` made of dictionaries, lists and scalars alone; tuples become lists.

    Raises:
        DefinitionError: Something in it is no JSON, or a key begins with ``$``.
    """
    try:
        return {_key(key): _plain(item, str(key), 1) for key, item in mapping.items()}
    except ValueError as error:
        hint = "a definition is made of texts, numbers, true, false, None, lists and dictionaries"
        problem = Diagnostic("error", "definition.type", str(error), location=Location(source), hint=hint)
        raise DefinitionError(str(error), hint=hint, diagnostics=[problem]) from None


def _plain(value: object, path: str, depth: int) -> Json:
    if depth > _DEEPEST:
        raise ValueError(f"{path.split('.', 1)[0]} is nested more than {_DEEPEST} deep")
    match value:
        case None | bool() | int():
            return value
        case str():
            return str(value)
        case float() if math.isfinite(value):
            return value
        case Mapping():
            return {_key(key, path): _plain(item, f"{path}.{key}", depth + 1) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
        case _:
            raise ValueError(f"{path} is a {type(value).__name__}, which is no JSON")


def _key(key: object, path: str = "") -> str:
    where = f"{path} has " if path else ""
    if not isinstance(key, str):
        raise ValueError(f"{where}the key {key!r}, which is no text")  # noqa: TRY004 -- one error for all of them
    if key.startswith("$"):
        raise ValueError(f"{where}the key {key!r}, which begins with $")
    return key
