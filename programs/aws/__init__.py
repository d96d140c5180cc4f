"""Owns the table of the kinds that are made on AWS, and how an account is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi_aws as aws

from .bucket import Bucket
from .tags import CREATION_TAG

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pulumi

    from ..component import Component, Inputs

KINDS: Mapping[str, type[Component]] = {
    "bucket": Bucket,
}
"""The component of each kind."""

_OF_BUCKETS = (
    "bucketVersioning:BucketVersioning",
    "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "bucketPublicAccessBlock:BucketPublicAccessBlock",
    "bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "bucketPolicy:BucketPolicy",
    "bucket:Bucket",
)
IDS: Mapping[str, Callable[[Mapping[str, Any]], str | None]] = {
    f"aws:s3/{name}": lambda inputs: inputs.get("bucket") for name in _OF_BUCKETS
}
"""By type: the id that a thing with these inputs has, where it follows from them."""


TAGGED: frozenset[str] = frozenset({"aws:s3/bucket:Bucket"})
"""The types that carry tags; a thing of one of them without ours is somebody else's."""


def mark(token: str, outputs: Mapping[str, Any]) -> str | None:
    """The creation id that a thing of this type carries, empty for none; None for what has no tags."""
    return str((outputs.get("tags") or {}).get(CREATION_TAG, "")) if token in TAGGED else None


def place(inputs: Inputs) -> str:
    """What tells the places of resources apart: the region."""
    region = inputs.optional("region")
    return region if isinstance(region, str) else ""


def provider(name: str, region: str) -> pulumi.ProviderResource:
    """The provider for one region; who one is comes from the cloud's own variables and files."""
    return aws.Provider(name, region=region or None)
