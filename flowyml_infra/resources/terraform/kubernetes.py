"""Owns which resource types of Terraform's ``kubernetes`` provider the kinds in a cluster stand for.

Both providers call an object ``NAMESPACE/NAME``. Read in the provider's documentation,
https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.terraform.terraform_type import TerraformType, attribute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flowyml_infra.resources.terraform.terraform_type import Attributes

_PULLS: Final = "kubernetes.io/dockerconfigjson"
_NAME, _NAMESPACE = attribute("metadata.0.name"), attribute("metadata.0.namespace")


def _pulls_images(attributes: Attributes) -> bool:
    return attributes.text("type") == _PULLS


def _keeps_values(attributes: Attributes) -> bool:
    return not _pulls_images(attributes)


def _path(attributes: Attributes) -> str | None:
    name, namespace = _NAME(attributes), _NAMESPACE(attributes)
    return None if name is None or namespace is None else f"{namespace}/{name}"


def _types(name: str, kind: str, when: Callable[[Attributes], bool] | None = None) -> Iterator[TerraformType]:
    """The type under both of its names: since release 2.7 each one also has one with the version of its API."""
    tells = {"name": _NAME, "namespace": _NAMESPACE}
    for each in (name, f"{name}_v1"):
        yield TerraformType(each, kind, _path, tells, when)


TYPES: Final = (
    *(
        TerraformType(name, "kubernetes.namespace", _NAME, {"name": _NAME})
        for name in ("kubernetes_namespace", "kubernetes_namespace_v1")
    ),
    *_types("kubernetes_service_account", "kubernetes.service_account"),
    *_types("kubernetes_resource_quota", "kubernetes.quota"),
    *_types("kubernetes_persistent_volume_claim", "kubernetes.volume"),
    *_types("kubernetes_network_policy", "kubernetes.network_policy"),
    *_types("kubernetes_secret", "kubernetes.registry_secret", _pulls_images),
    *_types("kubernetes_secret", "kubernetes.secret", _keeps_values),
)

SETTINGS: Final[Mapping[str, tuple[str, str]]] = {}
"""As for AWS."""

_OWN_LABELS: Final = (
    "its pods carry other labels than those of a {kind}, and which labels a server looks for cannot be changed"
)

REFUSED: Final[Mapping[str, str]] = {
    f"{name}{version}": _OWN_LABELS.format(kind=kinds)
    for name, kinds in (
        ("kubernetes_stateful_set", "kubernetes.database or kubernetes.object_store"),
        ("kubernetes_deployment", "kubernetes.mlflow"),
    )
    for version in ("", "_v1")
}
"""By type: why it is never taken over, although there are kinds that are made of it."""
