"""Owns the kind ``gcp.secret``: a secret in Secret Manager, with or without a value that the definition gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import (
    name_property,
    place_property,
    protection_property,
    tags_property,
    texts,
)
from flowyml_infra.resources.facts import gcp
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.property import Property

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.values import Json, Value

_LONGEST_VALUE = 65_536


def _has_value(properties: Mapping[str, Value]) -> bool:
    return properties.get("value") is not None


def _value_problem(value: Json) -> str | None:
    size = len(str(value).encode())
    return f"is {size} bytes long; {_LONGEST_VALUE} are allowed" if size > _LONGEST_VALUE else None


KIND: Final = cloud_kind(
    "gcp.secret",
    "A secret in Secret Manager.",
    properties=(
        name_property(gcp.SECRET_NAME, "The secret's name.", feeds=("secret.secret_id",)),
        place_property("project_id", "The project.", feeds=("secret.project",)),
        Property(
            "value",
            "string",
            "What is kept; without it, the secret is made empty for others to fill.",
            sensitive=True,
            check=_value_problem,
            feeds=("version.secret_data",),
        ),
        texts(
            "regions",
            "The regions that have a copy; without any, the cloud chooses.",
            "secret.replication.user_managed",
        ),
        protection_property("Have the cloud refuse to delete it.", feeds=("secret.deletion_protection",)),
        tags_property("gcp", feeds=("secret.labels",), name="labels"),
    ),
    outputs=(
        Output("name", "string", "The secret's name.", echoes="name"),
        Output("id", "string", "The secret's full name."),
    ),
    children=(
        ChildType("secret", gcp.SECRET, primary=True, stateful=True, given=("replication",)),
        ChildType("version", gcp.SECRET_VERSION, given=("secret",), made_if=_has_value),
    ),
    stateful=True,
    identity=("name", "project_id"),
    located_by="name",
)
