"""Owns the stack on Amazon Web Services as a Python class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.runtime.artifacts.clouds import S3ArtifactStore
from flowyml_infra.runtime.executors.remote import AWSBatchExecutor
from flowyml_infra.runtime.orchestrators.remote import AWSBatchOrchestrator
from flowyml_infra.runtime.registries import ECRContainerRegistry
from flowyml_infra.stacks.stack import Stack, given, or_made

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json


@dataclass(frozen=True)
class AWSStack(Stack):
    """AWS Batch, S3, RDS, ECR and a role in one region.

    Attributes:
        name: The stack's name.
        region: The region, for example ``us-east-1``.
        s3_bucket: The bucket for artifacts, without ``s3://``, or None for a name that is made up.
        ecr_registry: The container registry, ``host/path``, or None for one that the stack makes.
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
        return {
            "provider": "aws",
            "location": given(region=self.region, account_id=self.account_id),
            "compute": {"backend": "aws_batch"},
            "storage": {"artifact_store": or_made(bucket), "metadata_store": or_made(self.metadata_uri)},
            "registry": or_made(self.ecr_registry),
            "identity": {},
        }

    @property
    def orchestrator(self) -> AWSBatchOrchestrator:
        """What runs pipelines on this stack."""
        return AWSBatchOrchestrator(region=self.region)

    @property
    def executor(self) -> AWSBatchExecutor:
        """What carries out steps on this stack."""
        return AWSBatchExecutor(region=self.region)

    @property
    def artifact_store(self) -> S3ArtifactStore | None:
        """Where artifacts go, or None as long as the bucket has no name."""
        return None if self.s3_bucket is None else S3ArtifactStore(self.s3_bucket, region=self.region)

    @property
    def container_registry(self) -> ECRContainerRegistry | None:
        """Where images are, or None."""
        return None if self.ecr_registry is None else ECRContainerRegistry(self.ecr_registry)
