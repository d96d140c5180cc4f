"""Owns the kind ``azure.registry``: a registry of container images that nobody opens with a shared password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.azure_properties import (
    group_property,
    is_switched,
    key_faults,
    key_properties,
    lock_child,
    lock_property,
    region_property,
    subscription_property,
)
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import flag, name_property, number, tags_property, text
from flowyml_infra.resources.facts import azure
from flowyml_infra.resources.kind import Fault, Output
from flowyml_infra.resources.transition import Transition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Value

_KEYS = "https://learn.microsoft.com/azure/container-registry/tutorial-enable-customer-managed-keys"


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    # https://learn.microsoft.com/azure/container-registry/container-registry-skus
    sku = properties.get("sku")
    if sku != "Premium":
        hint = "set sku: Premium, or leave it out"
        if properties.get("public_network") is False:
            yield Fault("public_network", f"is off, and a registry of {sku} has no private endpoints", hint)
        for name in ("keep_untagged_days", "kms_key"):
            if properties.get(name) is not None:
                yield Fault(name, f"is there, and a registry of {sku} cannot have it", hint)
    if sku == "Basic" and properties.get("anonymous_pull") is True:
        yield Fault("anonymous_pull", "is on, and a registry of Basic cannot have it", "set sku: Standard")
    yield from key_faults(properties)


KIND: Final = cloud_kind(
    "azure.registry",
    "A registry of container images.",
    properties=(
        name_property(
            azure.REGISTRY_NAME,
            "The registry's name; its host begins with it, in small letters.",
            feeds=("registry.registry_name",),
        ),
        region_property("registry"),
        subscription_property("registry"),
        group_property("registry"),
        text(
            "sku",
            "How much it holds and can.",
            "registry.sku",
            default="Standard",
            choices=("Basic", "Standard", "Premium"),
        ),
        flag(
            "admin_user",
            "Have one account with a password that may do everything.",
            "registry.admin_user_enabled",
            default=False,
            weaker="is on, so whoever has its password may push and pull everything",
        ),
        flag(
            "anonymous_pull",
            "Let everybody pull images.",
            "registry.anonymous_pull_enabled",
            default=False,
            weaker="is on, so everybody can pull its images",
        ),
        flag(
            "public_network",
            "Let those who may use it reach it over the internet; only Premium can do without.",
            "registry.public_network_access",
            default=True,
        ),
        number(
            "keep_untagged_days",
            "Delete images that no tag names any more after so many days; only Premium can.",
            "registry.policies",
            unit="days",
            bounds=(0, 365),
        ),
        *key_properties(
            "registry",
            "encryption",
            transitions=(
                Transition(
                    "refuse",
                    is_switched,
                    "can only be chosen, or not, when it is made",
                    "make a new registry, and copy the images",
                    _KEYS,
                ),
            ),
        ),
        lock_property(),
        tags_property("azure", feeds=("registry.tags",)),
    ),
    outputs=(
        Output("uri", "string", "NAME.azurecr.io, as images are pushed to."),
        Output("name", "string", "The registry's name.", echoes="name"),
        Output("region", "string", "Where it is.", echoes="region"),
        Output("id", "string", "The registry's id."),
    ),
    children=(ChildType("registry", azure.REGISTRY, primary=True, stateful=True), lock_child()),
    stateful=True,
    identity=("name",),
    located_by="name",
    check=_check,
)
