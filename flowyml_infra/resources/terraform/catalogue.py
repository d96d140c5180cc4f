"""Owns the looking up of Terraform's resource types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.terraform import aws, azure, gcp, kubernetes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.terraform.terraform_type import Attributes, TerraformType

TYPES: Final[tuple[TerraformType, ...]] = (*aws.TYPES, *gcp.TYPES, *azure.TYPES, *kubernetes.TYPES)
"""All of them."""

SETTINGS: Final[Mapping[str, tuple[str, str]]] = {
    **aws.SETTINGS,
    **gcp.SETTINGS,
    **azure.SETTINGS,
    **kubernetes.SETTINGS,
}
"""By type: the kind that such a setting is part of, and the attribute with the id of the thing it belongs to."""

REFUSED: Final[Mapping[str, str]] = kubernetes.REFUSED
"""By type: why it is never taken over, although there are kinds that are made of it."""

_BY_NAME: dict[str, list[TerraformType]] = {}
for _each in TYPES:
    _BY_NAME.setdefault(_each.name, []).append(_each)


def known(name: str) -> bool:
    """Whether there is a kind for resources of this type."""
    return name in _BY_NAME


def type_of(name: str, attributes: Attributes) -> TerraformType | None:
    """What is known about a resource of the type ``name`` with these attributes, or None."""
    fitting = (item for item in _BY_NAME.get(name, ()) if item.when is None or item.when(attributes))
    return next(fitting, None)
