"""Owns the kind ``azure.resource_group``: what other things are in, and what takes them along when it goes."""

from __future__ import annotations

from typing import Final

from flowyml_infra.resources.azure_properties import lock_child, lock_property, region_property, subscription_property
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import name_property, tags_property
from flowyml_infra.resources.facts import azure
from flowyml_infra.resources.kind import Output

KIND: Final = cloud_kind(
    "azure.resource_group",
    "A resource group; what is in it is deleted with it.",
    properties=(
        name_property(
            azure.GROUP_NAME, "The group's name.", feeds=("group.resource_group_name",), place="resource_group"
        ),
        region_property("group"),
        subscription_property("group"),
        lock_property(),
        tags_property("azure", feeds=("group.tags",)),
    ),
    outputs=(
        Output("name", "string", "The group's name.", echoes="name"),
        Output("region", "string", "The region.", echoes="region"),
        Output("id", "string", "The group's id."),
    ),
    children=(ChildType("group", azure.GROUP, primary=True, stateful=True), lock_child()),
    stateful=True,
    identity=("name", "subscription_id"),
    located_by="name",
)
