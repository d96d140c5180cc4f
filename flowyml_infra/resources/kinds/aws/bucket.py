"""Owns the kind ``aws.bucket``: an S3 bucket, encrypted, versioned and closed to the public unless told otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import name_property, place_property, tags_property, weaker_if
from flowyml_infra.resources.facts import aws
from flowyml_infra.resources.kind import Fault, Output
from flowyml_infra.resources.places.aws import REGIONS
from flowyml_infra.resources.property import Property

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Value


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    if properties.get("noncurrent_expire_after_days") and properties.get("versioning") is False:
        hint = "set versioning: true, or leave the number of days out"
        yield Fault("noncurrent_expire_after_days", "is about older versions, and versioning is off", hint)
    if properties.get("object_lock") is True and properties.get("versioning") is False:
        yield Fault("versioning", "is off, and object_lock needs it", "leave one of the two out")


def _expires(properties: Mapping[str, Value]) -> bool:
    return bool(properties.get("expire_after_days") or properties.get("noncurrent_expire_after_days"))


KIND: Final = cloud_kind(
    "aws.bucket",
    "An S3 bucket.",
    properties=(
        name_property(aws.BUCKET_NAME, "The bucket's name, unique in all of Amazon S3.", feeds=("bucket.bucket",)),
        place_property("region", "The region, for example eu-west-1.", known=REGIONS, feeds=("bucket.region",)),
        Property(
            "versioning",
            "boolean",
            "Keep older versions of objects.",
            default=True,
            feeds=("versioning.versioning_configuration",),
            weakens=weaker_if(bad=False, clause="is off, so what is overwritten or deleted is lost"),
            public=True,
        ),
        Property(
            "kms_key",
            "string",
            "The ARN of the key that encrypts objects; without one, S3's own keys do.",
            feeds=("encryption.rules",),
            public=True,
        ),
        Property(
            "public_access",
            "boolean",
            "Let policies and ACLs open it to the public.",
            default=False,
            feeds=(
                "public_access.block_public_acls",
                "public_access.block_public_policy",
                "public_access.ignore_public_acls",
                "public_access.restrict_public_buckets",
            ),
            weakens=weaker_if(bad=True, clause="is on, so objects can be made public"),
            public=True,
        ),
        Property(
            "object_lock",
            "boolean",
            "Let objects be locked against deletion; can only be chosen when the bucket is made.",
            default=False,
            feeds=("bucket.object_lock_enabled",),
            public=True,
        ),
        Property(
            "expire_after_days",
            "integer",
            "Delete objects after so many days; without it, never.",
            unit="days",
            minimum=1,
            maximum=36500,
            feeds=("lifecycle.rules",),
            public=True,
        ),
        Property(
            "noncurrent_expire_after_days",
            "integer",
            "Delete older versions after so many days; without it, never.",
            unit="days",
            minimum=1,
            maximum=36500,
            feeds=("lifecycle.rules",),
            public=True,
        ),
        tags_property("aws", feeds=("bucket.tags",)),
        Property(
            "force_destroy",
            "boolean",
            "Delete the bucket with the objects in it; without this, one with objects is left alone.",
            default=False,
            feeds=("bucket.force_destroy",),
            public=True,
        ),
    ),
    outputs=(
        Output("uri", "string", "s3://NAME."),
        Output("name", "string", "The bucket's name.", echoes="name"),
        Output("arn", "string", "The bucket's ARN."),
        Output("region", "string", "The region it is in.", echoes="region"),
        Output("id", "string", "The bucket's name."),
    ),
    children=(
        ChildType("bucket", aws.BUCKET, primary=True, stateful=True),
        ChildType("versioning", aws.BUCKET_VERSIONING, given=("bucket",)),
        ChildType("encryption", aws.BUCKET_ENCRYPTION, given=("bucket", "rules")),
        ChildType("public_access", aws.BUCKET_PUBLIC_ACCESS, given=("bucket",)),
        ChildType("policy", aws.BUCKET_POLICY, given=("bucket", "policy")),
        ChildType("lifecycle", aws.BUCKET_LIFECYCLE, given=("bucket",), made_if=_expires),
    ),
    stateful=True,
    identity=("name",),
    located_by="name",
    check=_check,
)
