"""Owns the stack on Amazon Web Services as a Python class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.stacks.stack import Stack, given

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json


@dataclass(frozen=True)
class AWSStack(Stack):
    """AWS Batch, S3 and ECR in one region.

    Attributes:
        name: The stack's name.
        region: The region, for example ``us-east-1``.
        s3_bucket: The bucket for artifacts, without ``s3://``.
        ecr_registry: The container registry, ``host/path``, or None.
        account_id: The account's number, or None for the one that is signed in.
        metadata_uri: The metadata store's URL, or None for one that the stack makes.
    """

    name: str
    region: str = "us-east-1"
    s3_bucket: str | None = None
    ecr_registry: str | None = None
    account_id: str | None = None
    metadata_uri: str | None = None

    def spec(self) -> dict[str, Json]:
        """``spec`` of the manifest that this stack stands for."""
        bucket = None if self.s3_bucket is None else f"s3://{self.s3_bucket}"
        return given(
            provider="aws",
            location=given(region=self.region, account_id=self.account_id),
            compute={"backend": "aws_batch"},
            storage=given(artifact_store=bucket, metadata_store=self.metadata_uri) or None,
            registry=self.ecr_registry,
        )
