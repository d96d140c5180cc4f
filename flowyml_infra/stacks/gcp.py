"""Owns the stack on Google Cloud as a Python class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.runtime.artifacts.clouds import GCSArtifactStore
from flowyml_infra.runtime.executors.remote import VertexAIExecutor
from flowyml_infra.runtime.orchestrators.remote import VertexAIOrchestrator
from flowyml_infra.runtime.registries import GCRContainerRegistry
from flowyml_infra.stacks.stack import Stack, given, or_made

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json


@dataclass(frozen=True)
class GCPStack(Stack):
    """Vertex AI, Cloud Storage, Cloud SQL, a registry and an account in one project of Google Cloud.

    Attributes:
        name: The stack's name.
        project_id: The project.
        region: The region, for example ``us-central1``.
        bucket_name: The bucket for artifacts, without ``gs://``, or None for a name that is made up.
        registry_uri: The container registry, ``host/path``, or None for one that the stack makes.
        service_account: The account that pipelines run as, or None for one that the stack makes.
        metadata_uri: The metadata store's URL, or None for one that the stack makes.
    """

    name: str
    project_id: str
    region: str = "us-central1"
    bucket_name: str | None = None
    registry_uri: str | None = None
    service_account: str | None = None
    metadata_uri: str | None = None

    def spec(self) -> dict[str, Json]:
        """``spec`` of the manifest that this stack stands for."""
        bucket = None if self.bucket_name is None else f"gs://{self.bucket_name}"
        return {
            "provider": "gcp",
            "location": {"project_id": self.project_id, "region": self.region},
            "compute": {"backend": "vertexai"},
            "storage": {"artifact_store": or_made(bucket), "metadata_store": or_made(self.metadata_uri)},
            "registry": or_made(self.registry_uri),
            "identity": given(service_account=self.service_account),
        }

    @property
    def orchestrator(self) -> VertexAIOrchestrator:
        """What runs pipelines on this stack."""
        return VertexAIOrchestrator(
            project_id=self.project_id, region=self.region, service_account=self.service_account
        )

    @property
    def executor(self) -> VertexAIExecutor:
        """What carries out steps on this stack."""
        return VertexAIExecutor(project_id=self.project_id, region=self.region, service_account=self.service_account)

    @property
    def artifact_store(self) -> GCSArtifactStore | None:
        """Where artifacts go, or None as long as the bucket has no name."""
        return None if self.bucket_name is None else GCSArtifactStore(self.bucket_name, project_id=self.project_id)

    @property
    def container_registry(self) -> GCRContainerRegistry | None:
        """Where images are, or None."""
        return None if self.registry_uri is None else GCRContainerRegistry(self.registry_uri)
