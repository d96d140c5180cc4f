"""Owns the kind ``azure.secret``: a secret in a vault, whose value the definition gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.azure_properties import group_property, subscription_property
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import component_output, name_property, tags_property, text
from flowyml_infra.resources.facts import azure
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.property import Property

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json

# https://learn.microsoft.com/azure/key-vault/secrets/about-secrets
_LONGEST_VALUE = 25_000


def _value_problem(value: Json) -> str | None:
    size = len(str(value).encode())
    return f"is {size} bytes long; {_LONGEST_VALUE} are allowed" if size > _LONGEST_VALUE else None


KIND: Final = cloud_kind(
    "azure.secret",
    "A secret in a vault.",
    properties=(
        name_property(
            azure.SECRET_NAME,
            "The secret's name; a deleted secret keeps it for as long as the vault says.",
            feeds=("secret.secret_name",),
        ),
        component_output(
            "secrets",
            "name",
            "secret.vault_name",
            name="vault",
            kind="vault",
            description="The name of the vault it is in.",
            required=True,
        ),
        subscription_property("secret"),
        group_property("secret"),
        Property(
            "value",
            "string",
            "What is kept; a change makes a new version.",
            required=True,
            sensitive=True,
            check=_value_problem,
            feeds=("secret.properties.value",),
        ),
        text("content_type", "What the value is, for those who read it.", "secret.properties.content_type"),
        tags_property("azure", feeds=("secret.tags",)),
    ),
    outputs=(
        Output("name", "string", "The secret's name.", echoes="name"),
        Output("uri", "string", "The secret's URL, of its latest version."),
        Output("id", "string", "The secret's id."),
    ),
    children=(ChildType("secret", azure.SECRET, primary=True, stateful=True, given=("properties",)),),
    stateful=True,
    identity=("vault", "name"),
    located_by="name",
)
