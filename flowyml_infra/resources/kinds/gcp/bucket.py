"""Owns the kind ``gcp.bucket``: a bucket of Cloud Storage, versioned and closed to the public unless told otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import (
    flag,
    name_property,
    number,
    place_property,
    tags_property,
    text,
    weaker_if,
)
from flowyml_infra.resources.facts import gcp
from flowyml_infra.resources.kind import Fault, Output
from flowyml_infra.resources.places.gcp import BUCKET_LOCATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Json, Value


def _soft_delete_problem(value: Json) -> str | None:
    # https://cloud.google.com/storage/docs/soft-delete#retention-duration
    return f"is {value} days; 0, or 7 to 90, are allowed" if isinstance(value, int) and 0 < value < 7 else None


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    if properties.get("noncurrent_expire_after_days") and properties.get("versioning") is False:
        hint = "set versioning: true, or leave the number of days out"
        yield Fault("noncurrent_expire_after_days", "is about older versions, and versioning is off", hint)
    if properties.get("hierarchical_namespace") is True and properties.get("versioning") is True:
        # https://cloud.google.com/storage/docs/hns-overview#limitations
        yield Fault("versioning", "is on, and a bucket with folders keeps no versions", "set versioning: false")


KIND: Final = cloud_kind(
    "gcp.bucket",
    "A bucket of Cloud Storage.",
    properties=(
        name_property(gcp.BUCKET_NAME, "The bucket's name, unique in all of Cloud Storage.", feeds=("bucket.name",)),
        place_property(
            "region",
            "The region, for example europe-west1, or us, eu or asia.",
            known=BUCKET_LOCATIONS,
            feeds=("bucket.location",),
            normalise=lambda value: str(value).lower(),
        ),
        place_property("project_id", "The project.", feeds=("bucket.project",)),
        text(
            "storage_class",
            "The class of objects that do not say their own.",
            "bucket.storage_class",
            default="STANDARD",
            choices=("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"),
        ),
        flag(
            "versioning",
            "Keep older versions of objects.",
            "bucket.versioning",
            default=True,
            weaker="is off, so what is overwritten or deleted is lost",
        ),
        text("kms_key", "The key that encrypts objects; without one, the cloud's own do.", "bucket.encryption"),
        flag(
            "public_access",
            "Let policies open it to the public.",
            "bucket.public_access_prevention",
            default=False,
            weaker="is on, so objects can be made public",
        ),
        flag(
            "hierarchical_namespace",
            "Have real folders in it; can only be chosen when the bucket is made.",
            "bucket.hierarchical_namespace",
            default=False,
        ),
        number(
            "expire_after_days",
            "Delete objects after so many days; without it, never.",
            "bucket.lifecycle_rules",
            unit="days",
            bounds=(1, 36_500),
        ),
        number(
            "noncurrent_expire_after_days",
            "Delete older versions after so many days; without it, never.",
            "bucket.lifecycle_rules",
            unit="days",
            bounds=(1, 36_500),
        ),
        number(
            "soft_delete_days",
            "How long what was deleted can be got back; it costs as long.",
            "bucket.soft_delete_policy",
            unit="days",
            bounds=(0, 90),
            default=7,
            check=_soft_delete_problem,
            weakens=weaker_if(bad=0, clause="is 0, so what is deleted cannot be got back"),
        ),
        tags_property("gcp", feeds=("bucket.labels",), name="labels"),
        flag(
            "force_destroy",
            "Delete the bucket with the objects in it; without this, one with objects is left alone.",
            "bucket.force_destroy",
            default=False,
        ),
    ),
    outputs=(
        Output("uri", "string", "gs://NAME."),
        Output("name", "string", "The bucket's name.", echoes="name"),
        Output("region", "string", "Where it is.", echoes="region"),
        Output("id", "string", "The bucket's name."),
    ),
    children=(ChildType("bucket", gcp.BUCKET, primary=True, stateful=True, given=("uniform_bucket_level_access",)),),
    stateful=True,
    identity=("name",),
    located_by="name",
    check=_check,
)
