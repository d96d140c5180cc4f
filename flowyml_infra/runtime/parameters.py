"""Owns what may be written down about context parameters: plain values, and never a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.definition.variables import VariableRules
from flowyml_infra.outputs.masking import SECRET
from flowyml_infra.resources.values import Secret
from flowyml_infra.runtime.artifacts.artifact import type_name
from flowyml_infra.runtime.materializers.plain import is_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.values import Json

_RULES: Final = VariableRules()
_LONGEST: Final = 500
"""Characters of a text that is written down whole."""
_MOST_PARTS: Final = 100


def is_secret(name: str, value: object) -> bool:
    """Whether a parameter is a secret: by its type, or by its name as with environment variables."""
    return isinstance(value, Secret) or _RULES.is_sensitive(name)


def plain_params(params: Mapping[str, object]) -> dict[str, Json]:
    """What is recorded: small plain values as they are, secrets masked, of everything else the type."""
    return {name: SECRET if is_secret(name, value) else _plain(value) for name, value in params.items()}


def secret_texts(params: Mapping[str, object]) -> frozenset[str]:
    """The secret values that are texts, so that they can be kept out of messages."""
    found = (
        value.value if isinstance(value, Secret) else value for name, value in params.items() if is_secret(name, value)
    )
    return frozenset(text for text in found if isinstance(text, str))


def _plain(value: object) -> Json:
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:_LONGEST]}…"
    if is_plain(value, _MOST_PARTS):
        return value  # type: ignore[return-value]
    return f"({type_name(value)})"
