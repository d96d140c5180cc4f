"""Owns the kind ``azure.vault``: a vault for secrets that roles open, and whose secrets can be got back."""

from __future__ import annotations

from typing import Final

from flowyml_infra.resources.azure_properties import (
    fixed,
    group_property,
    lock_child,
    lock_property,
    region_property,
    subscription_property,
)
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import flag, matching, name_property, number, tags_property, text
from flowyml_infra.resources.facts import azure
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.transition import Transition, changes_once_set, is_removed

_SOFT_DELETE = "https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview"
_MOVING = "https://learn.microsoft.com/azure/key-vault/general/move-region"
_TENANT = "https://learn.microsoft.com/azure/key-vault/general/move-subscription"
_UUID = matching(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "it is a UUID")

KIND: Final = cloud_kind(
    "azure.vault",
    "A vault for secrets and keys.",
    properties=(
        name_property(
            azure.VAULT_NAME,
            "The vault's name, unique in all of Azure; a deleted vault keeps its name for soft_delete_days.",
            feeds=("vault.vault_name",),
        ),
        region_property(
            "vault",
            transitions=(fixed("make a vault of another name there, and copy what is in this one", _MOVING),),
        ),
        subscription_property("vault"),
        group_property("vault"),
        text(
            "tenant_id",
            "The directory whose members may open it; without one, that of whoever makes it.",
            "vault.properties.tenant_id",
            check=_UUID,
            transitions=(
                Transition("refuse", changes_once_set, "cannot change", "make a vault of another name for it", _TENANT),
            ),
        ),
        text(
            "sku",
            "Whether keys are kept in hardware too.",
            "vault.properties.sku",
            default="standard",
            choices=("standard", "premium"),
        ),
        flag(
            "purge_protection",
            "Let nobody delete for good what was deleted before soft_delete_days are over.",
            "vault.properties.enable_purge_protection",
            default=True,
            weaker="is off, so what was deleted can be deleted for good at once",
            transitions=(
                Transition("refuse", is_removed, "cannot be taken away", "leave it on, for good", _SOFT_DELETE),
            ),
        ),
        number(
            "soft_delete_days",
            "How long what was deleted can be got back, and its name stays taken.",
            "vault.properties.soft_delete_retention_in_days",
            unit="days",
            bounds=(7, 90),
            default=90,
            transitions=(fixed("leave it as it is", _SOFT_DELETE),),
        ),
        flag(
            "public_access",
            "Let it be reached over the internet, and not by private endpoints and services of Azure alone.",
            "vault.properties.public_network_access",
            default=False,
            weaker="is on, so it can be reached from the internet",
        ),
        lock_property(),
        tags_property("azure", feeds=("vault.tags",)),
    ),
    outputs=(
        Output("uri", "string", "The vault's URL."),
        Output("vault_url", "string", "The vault's URL."),
        Output("name", "string", "The vault's name.", echoes="name"),
        Output("region", "string", "Where it is.", echoes="region"),
        Output("id", "string", "The vault's id."),
    ),
    children=(
        ChildType("vault", azure.VAULT, primary=True, stateful=True, given=("properties",)),
        lock_child(),
    ),
    stateful=True,
    identity=("name",),
    located_by="name",
)
