"""Owns the data files of policies in Rego: reading them, and laying them together as Conftest does with ``--data``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.errors import DefinitionError
from flowyml_infra.policy.options import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.values import Json


def read_data(files: Mapping[str, bytes]) -> dict[str, Json]:
    """What all of ``files``, YAML or JSON, say together.

    Raises:
        SettingError: One of them is no mapping, or two of them say different things in one place.
    """
    found: dict[str, Json] = {}
    for name, content in files.items():
        _merge(found, _mapping(name, content), name, "")
    return found


def _mapping(name: str, content: bytes) -> dict[str, Json]:
    from flowyml_infra.definition.document import load_document

    try:
        value = load_document(content, name).value
    except DefinitionError as error:
        raise SettingError(f"names {name}, which cannot be read: {error.message}", ("data",), error.hint) from None
    if not isinstance(value, dict):
        raise SettingError(f"names {name}, which is not a mapping", ("data",), "put a name before what it says")
    return value


def _merge(found: dict[str, Json], more: Mapping[str, Json], name: str, place: str) -> None:
    for key, value in more.items():
        there = found.setdefault(key, {} if isinstance(value, dict) else value)
        if isinstance(there, dict) and isinstance(value, dict):
            _merge(there, value, name, f"{place}{key}.")
        elif there != value or type(there) is not type(value):
            hint = "say it in one of the files alone"
            raise SettingError(f"names {name}, which says otherwise than another what {place}{key} is", ("data",), hint)
