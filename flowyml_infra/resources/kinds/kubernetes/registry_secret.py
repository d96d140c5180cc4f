"""Owns the kind ``kubernetes.registry_secret``: what the cluster pulls images from a registry with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_properties import matching, text
from flowyml_infra.resources.facts import kubernetes as facts
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.kubernetes_properties import cluster_kind
from flowyml_infra.resources.property import Property

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json

_REGISTRY = matching(
    r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*",
    "it reads HOST or HOST/PATH, without https://, for example ghcr.io/acme",
)
_DATA = "secret.string_data"


def _is_empty(value: Json) -> str | None:
    return "is empty" if value == "" else None


KIND: Final = cluster_kind(
    "kubernetes.registry_secret",
    "A secret that images are pulled with.",
    rule=facts.OBJECT_NAME,
    called="The secret's name.",
    properties=(
        text("server", "The registry.", _DATA, required=True, check=_REGISTRY),
        text("username", "Who pulls.", _DATA, required=True, check=_is_empty),
        Property(
            "password",
            "string",
            "The password or token of who pulls.",
            required=True,
            sensitive=True,
            check=_is_empty,
            feeds=(_DATA,),
        ),
    ),
    outputs=(
        Output("uri", "string", "The registry.", echoes="server"),
        Output("name", "string", "The secret's name, as service accounts take it.", echoes="name"),
        Output("id", "string", "NAMESPACE/NAME."),
    ),
    children=(ChildType("secret", facts.SECRET, primary=True, given=("type",)),),
)
