"""Owns the kind ``azure.storage``: a storage account with a container for blobs, versioned and closed to the public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.azure_properties import (
    LOCKED,
    group_property,
    key_faults,
    key_properties,
    lock_child,
    lock_property,
    region_property,
    subscription_property,
)
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import flag, name_property, number, tags_property, text, weaker_if
from flowyml_infra.resources.facts import azure
from flowyml_infra.resources.kind import Fault, Output
from flowyml_infra.resources.transition import Transition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Json, Value

_MIGRATION = "https://learn.microsoft.com/azure/storage/common/redundancy-migration"
_ZONED = ("Standard_ZRS", "Standard_GZRS", "Standard_RAGZRS")
_REDUNDANCY = ("Standard_LRS", "Standard_GRS", "Standard_RAGRS", *_ZONED)


def _changes_zones(before: Json, after: Json, _: Mapping[str, Value]) -> bool:
    return (before in _ZONED) != (after in _ZONED)


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    if properties.get("hierarchical_namespace") is True and properties.get("versioning") is True:
        # https://learn.microsoft.com/azure/storage/blobs/versioning-overview
        yield Fault("versioning", "is on, and an account with folders keeps no versions", "set versioning: false")
    yield from key_faults(properties)


KIND: Final = cloud_kind(
    "azure.storage",
    "A storage account with a container for blobs.",
    properties=(
        name_property(
            azure.ACCOUNT_NAME,
            "The account's name, unique in all of Azure Storage.",
            feeds=("account.account_name", "container.account_name", "blobs.account_name", "expiry.account_name"),
        ),
        text(
            "container",
            "The container's name.",
            "container.container_name",
            default="artifacts",
            check=lambda value: azure.CONTAINER_NAME.problem(str(value)),
            transitions=(LOCKED,),
        ),
        region_property("account"),
        subscription_property("account"),
        group_property("account", "container", "blobs", "expiry"),
        text(
            "redundancy",
            "Where copies are kept; those with a Z are in several zones, those with a G in another region too.",
            "account.sku",
            default="Standard_LRS",
            choices=_REDUNDANCY,
            transitions=(
                Transition(
                    "refuse",
                    _changes_zones,
                    "cannot go into several zones or out of them",
                    "start a migration of the account in Azure, then write what it has become",
                    _MIGRATION,
                ),
            ),
        ),
        text(
            "access_tier",
            "The tier of blobs that do not say their own.",
            "account.access_tier",
            default="Hot",
            choices=("Hot", "Cool", "Cold"),
        ),
        flag(
            "hierarchical_namespace",
            "Have real folders in it; Azure Machine Learning takes no such account for its own.",
            "account.is_hns_enabled",
            default=False,
        ),
        flag(
            "versioning",
            "Keep older versions of blobs.",
            "blobs.is_versioning_enabled",
            default=True,
            weaker="is off, so what is overwritten is lost",
        ),
        number(
            "soft_delete_days",
            "How long what was deleted can be got back; it costs as long.",
            "blobs.delete_retention_policy",
            "blobs.container_delete_retention_policy",
            unit="days",
            bounds=(0, 365),
            default=7,
            weakens=weaker_if(bad=0, clause="is 0, so what is deleted cannot be got back"),
        ),
        number(
            "expire_after_days",
            "Delete blobs so many days after they were last written; without it, never.",
            "expiry.policy",
            unit="days",
            bounds=(1, 36_500),
        ),
        flag(
            "public_access",
            "Let containers be opened to everybody.",
            "account.allow_blob_public_access",
            default=False,
            weaker="is on, so blobs can be made public",
        ),
        flag(
            "public_network",
            "Let those who may use it reach it over the internet, and not through private endpoints alone.",
            "account.public_network_access",
            default=True,
        ),
        flag(
            "shared_key_access",
            "Let the account's keys open it, which say nothing about who uses them.",
            "account.allow_shared_key_access",
            default=False,
            weaker="is on, so whoever has a key of the account has all that is in it",
        ),
        *key_properties("account", "encryption"),
        lock_property(),
        tags_property("azure", feeds=("account.tags",)),
    ),
    outputs=(
        Output("uri", "string", "abfs://CONTAINER@NAME.dfs.core.windows.net.", follows=("container",)),
        Output("name", "string", "The account's name.", echoes="name"),
        Output("container", "string", "The container's name.", echoes="container"),
        Output("region", "string", "Where it is.", echoes="region"),
        Output("account_url", "string", "The URL of the account's blobs."),
        Output("id", "string", "The account's id."),
    ),
    children=(
        ChildType(
            "account",
            azure.ACCOUNT,
            primary=True,
            stateful=True,
            given=("kind", "minimum_tls_version", "enable_https_traffic_only"),
        ),
        ChildType("blobs", azure.BLOB_SERVICE),
        ChildType("container", azure.CONTAINER, stateful=True, given=("public_access",)),
        ChildType("expiry", azure.EXPIRY, made_if=lambda properties: properties.get("expire_after_days") is not None),
        lock_child(),
    ),
    stateful=True,
    identity=("name",),
    located_by="name",
    check=_check,
)
