"""Owns the kind ``gcp.registry``: a repository of container images in Artifact Registry, with tags that stay."""

from __future__ import annotations

from typing import Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import flag, name_property, number, place_property, tags_property, text
from flowyml_infra.resources.facts import gcp
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.places.gcp import REGIONS

KIND: Final = cloud_kind(
    "gcp.registry",
    "A repository of container images in Artifact Registry.",
    properties=(
        name_property(gcp.REPOSITORY_NAME, "The repository's name.", feeds=("repository.repository_id",)),
        place_property(
            "region",
            "The region, for example europe-west1, or us, europe or asia.",
            known=REGIONS | {"us", "europe", "asia"},
            feeds=("repository.location",),
        ),
        place_property("project_id", "The project.", feeds=("repository.project",)),
        flag(
            "immutable_tags",
            "A tag, once pushed, stays with its image.",
            "repository.docker_config.immutable_tags",
            default=True,
            weaker="is off, so a tag can come to mean another image",
        ),
        flag(
            "scan_on_push",
            "Look for known weaknesses in every image that is pushed.",
            "repository.vulnerability_scanning_config",
            default=True,
            weaker="is off, so nobody looks for known weaknesses",
        ),
        text("kms_key", "The key that encrypts images; without one, the cloud's own do.", "repository.kms_key_name"),
        number(
            "keep_images",
            "Keep so many versions of an image, the latest; without it, all.",
            "repository.cleanup_policies",
            unit="images",
            bounds=(1, 100_000),
        ),
        tags_property("gcp", feeds=("repository.labels",), name="labels"),
    ),
    outputs=(
        Output("uri", "string", "HOST/PROJECT/NAME, as images are pushed to."),
        Output("name", "string", "The repository's name.", echoes="name"),
        Output("region", "string", "Where it is.", echoes="region"),
        Output("id", "string", "The repository's full name."),
    ),
    children=(ChildType("repository", gcp.REPOSITORY, primary=True, stateful=True, given=("format",)),),
    stateful=True,
    identity=("name", "region", "project_id"),
    located_by="name",
)
