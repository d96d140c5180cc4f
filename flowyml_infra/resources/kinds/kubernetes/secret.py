"""Owns the kind ``kubernetes.secret``: a secret with one entry, with or without a value that the definition gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_properties import text
from flowyml_infra.resources.facts import kubernetes as facts
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.kubernetes_properties import cluster_kind
from flowyml_infra.resources.property import Property

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json

_LONGEST_KEY, _LONGEST_VALUE = 253, 1_048_576
_KEY: Final = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)


def _key_problem(value: Json) -> str | None:
    key = str(value)
    # It becomes the name of a file: one dot or two in front would lead elsewhere.
    if _KEY.fullmatch(key) and len(key) <= _LONGEST_KEY and key != "." and not key.startswith(".."):
        return None
    return f"is {key!r}; 1 to {_LONGEST_KEY} letters, digits, '.', '_' and '-' are allowed, and no '..' in front"


def _value_problem(value: Json) -> str | None:
    size = len(str(value).encode())
    return f"is {size} bytes long; {_LONGEST_VALUE} are allowed" if size > _LONGEST_VALUE else None


KIND: Final = cluster_kind(
    "kubernetes.secret",
    "A secret in a namespace.",
    rule=facts.OBJECT_NAME,
    called="The secret's name.",
    properties=(
        text("key", "What the entry is called.", "secret.string_data", default="value", check=_key_problem),
        Property(
            "value",
            "string",
            "What is kept; without it, the secret is made empty for others to fill.",
            sensitive=True,
            check=_value_problem,
            feeds=("secret.string_data",),
        ),
    ),
    outputs=(
        Output("name", "string", "The secret's name.", echoes="name"),
        Output("key", "string", "What the entry is called.", echoes="key"),
        Output("id", "string", "NAMESPACE/NAME."),
    ),
    children=(ChildType("secret", facts.SECRET, primary=True, stateful=True, given=("type",)),),
    stateful=True,
)
