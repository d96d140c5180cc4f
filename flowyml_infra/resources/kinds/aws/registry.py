"""Owns the kind ``aws.registry``: a repository of container images in ECR, scanned, and with tags that stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import name_property, place_property, tags_property, weaker_if
from flowyml_infra.resources.facts import aws
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.places.aws import REGIONS
from flowyml_infra.resources.property import Property
from flowyml_infra.resources.transition import STAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.values import Value


def _expires(properties: Mapping[str, Value]) -> bool:
    return properties.get("keep_images") is not None


KIND: Final = cloud_kind(
    "aws.registry",
    "A repository of container images in ECR.",
    properties=(
        name_property(aws.REPOSITORY_NAME, "The repository's name.", feeds=("repository.name",)),
        place_property("region", "The region, for example eu-west-1.", known=REGIONS, feeds=("repository.region",)),
        Property(
            "immutable_tags",
            "boolean",
            "A tag, once pushed, stays with its image.",
            default=True,
            feeds=("repository.image_tag_mutability",),
            weakens=weaker_if(bad=False, clause="is off, so a tag can come to mean another image"),
            public=True,
        ),
        Property(
            "scan_on_push",
            "boolean",
            "Look for known weaknesses in every image that is pushed.",
            default=True,
            feeds=("repository.image_scanning_configuration",),
            weakens=weaker_if(bad=False, clause="is off, so nobody looks for known weaknesses"),
            public=True,
        ),
        Property(
            "kms_key",
            "string",
            "The ARN of the key that encrypts images; without one, ECR's own does.",
            feeds=("repository.encryption_configurations",),
            # The provider takes no word about encryption for a word of agreement.
            transitions=(STAYS,),
            public=True,
        ),
        Property(
            "keep_images",
            "integer",
            "Keep so many images, the latest; without it, all.",
            unit="images",
            minimum=1,
            maximum=100_000,
            feeds=("lifecycle.policy",),
            public=True,
        ),
        tags_property("aws", feeds=("repository.tags",)),
        Property(
            "force_destroy",
            "boolean",
            "Delete the repository with the images in it; without this, one with images is left alone.",
            default=False,
            feeds=("repository.force_delete",),
            public=True,
        ),
    ),
    outputs=(
        Output("uri", "string", "HOST/NAME, as images are pushed to."),
        Output("name", "string", "The repository's name.", echoes="name"),
        Output("arn", "string", "The repository's ARN."),
        Output("id", "string", "The repository's name."),
    ),
    children=(
        ChildType("repository", aws.REPOSITORY, primary=True, stateful=True),
        ChildType("lifecycle", aws.REPOSITORY_LIFECYCLE, given=("repository",), made_if=_expires),
    ),
    stateful=True,
    identity=("name", "region"),
    located_by="name",
)
