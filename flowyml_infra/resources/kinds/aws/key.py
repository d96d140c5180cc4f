"""Owns the kind ``aws.key``: a key in KMS that is turned over by itself and cannot vanish at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import place_property, tags_property, weaker_if
from flowyml_infra.resources.facts import aws
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.places.aws import REGIONS
from flowyml_infra.resources.property import Property

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json


def _short_window(value: Json) -> str | None:
    return f"is {value}, so a mistake has to be noticed within days" if isinstance(value, int) and value < 30 else None


KIND: Final = cloud_kind(
    "aws.key",
    "A key in KMS.",
    properties=(
        place_property("region", "The region, for example eu-west-1.", known=REGIONS, feeds=("key.region",)),
        Property(
            "description",
            "string",
            "What it is for.",
            default="Made by flowyml-infra.",
            feeds=("key.description",),
            public=True,
        ),
        Property(
            "rotation",
            "boolean",
            "Have KMS make new key material every year.",
            default=True,
            feeds=("key.enable_key_rotation",),
            weakens=weaker_if(bad=False, clause="is off, so the same key material is used for ever"),
            public=True,
        ),
        Property(
            "multi_region",
            "boolean",
            "Let replicas of it be made in other regions.",
            default=False,
            feeds=("key.multi_region",),
            public=True,
        ),
        Property(
            "deletion_window",
            "integer",
            "How long a deleted key can still be got back.",
            unit="days",
            default=30,
            minimum=7,
            maximum=30,
            feeds=("key.deletion_window_in_days",),
            weakens=_short_window,
            public=True,
        ),
        tags_property("aws", feeds=("key.tags",)),
    ),
    outputs=(
        Output("arn", "string", "The key's ARN."),
        Output("id", "string", "The key's id."),
    ),
    children=(ChildType("key", aws.KEY, primary=True, stateful=True),),
    stateful=True,
    located_by="tag",
)
