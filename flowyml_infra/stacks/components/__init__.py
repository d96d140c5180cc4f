"""Home of what stacks and steps are put together from; the parts of a stack are imported when first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.stacks.components.docker_config import DockerConfig
from flowyml_infra.stacks.components.quantities import cores, size_bytes
from flowyml_infra.stacks.components.resource_config import ResourceConfig

if TYPE_CHECKING:
    from flowyml_infra.runtime.artifacts.clouds import AzureBlobStore, GCSArtifactStore, S3ArtifactStore
    from flowyml_infra.runtime.artifacts.local import LocalArtifactStore
    from flowyml_infra.runtime.executors.local import LocalExecutor
    from flowyml_infra.runtime.executors.remote import (
        AWSBatchExecutor,
        AzureMLExecutor,
        KubernetesExecutor,
        RemoteExecutor,
        SageMakerExecutor,
        VertexAIExecutor,
    )
    from flowyml_infra.runtime.metadata.servers import (
        CloudSQLMetadataStore,
        MySQLMetadataStore,
        PostgreSQLMetadataStore,
    )
    from flowyml_infra.runtime.metadata.sqlite import SQLiteMetadataStore
    from flowyml_infra.runtime.orchestrators.local import LocalOrchestrator
    from flowyml_infra.runtime.orchestrators.remote import (
        AirflowOrchestrator,
        AWSBatchOrchestrator,
        AzureMLOrchestrator,
        KubeflowOrchestrator,
        KubernetesOrchestrator,
        SageMakerOrchestrator,
        VertexAIOrchestrator,
    )
    from flowyml_infra.runtime.registries import (
        ACRContainerRegistry,
        DockerHubRegistry,
        ECRContainerRegistry,
        GCRContainerRegistry,
    )

__all__ = [
    "ACRContainerRegistry",
    "AWSBatchExecutor",
    "AWSBatchOrchestrator",
    "AirflowOrchestrator",
    "AzureBlobStore",
    "AzureMLExecutor",
    "AzureMLOrchestrator",
    "CloudSQLMetadataStore",
    "DockerConfig",
    "DockerHubRegistry",
    "ECRContainerRegistry",
    "GCRContainerRegistry",
    "GCSArtifactStore",
    "KubeflowOrchestrator",
    "KubernetesExecutor",
    "KubernetesOrchestrator",
    "LocalArtifactStore",
    "LocalExecutor",
    "LocalOrchestrator",
    "MySQLMetadataStore",
    "PostgreSQLMetadataStore",
    "RemoteExecutor",
    "ResourceConfig",
    "S3ArtifactStore",
    "SQLiteMetadataStore",
    "SageMakerExecutor",
    "SageMakerOrchestrator",
    "VertexAIExecutor",
    "VertexAIOrchestrator",
    "cores",
    "size_bytes",
]

_HOMES = {
    "artifacts.clouds": ("AzureBlobStore", "GCSArtifactStore", "S3ArtifactStore"),
    "artifacts.local": ("LocalArtifactStore",),
    "executors.local": ("LocalExecutor",),
    "executors.remote": (
        "AWSBatchExecutor",
        "AzureMLExecutor",
        "KubernetesExecutor",
        "RemoteExecutor",
        "SageMakerExecutor",
        "VertexAIExecutor",
    ),
    "metadata.servers": ("CloudSQLMetadataStore", "MySQLMetadataStore", "PostgreSQLMetadataStore"),
    "metadata.sqlite": ("SQLiteMetadataStore",),
    "orchestrators.local": ("LocalOrchestrator",),
    "orchestrators.remote": (
        "AWSBatchOrchestrator",
        "AirflowOrchestrator",
        "AzureMLOrchestrator",
        "KubeflowOrchestrator",
        "KubernetesOrchestrator",
        "SageMakerOrchestrator",
        "VertexAIOrchestrator",
    ),
    "registries": ("ACRContainerRegistry", "DockerHubRegistry", "ECRContainerRegistry", "GCRContainerRegistry"),
}


def __getattr__(name: str) -> object:
    """Import a part of a stack on first use."""
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(f"flowyml_infra.runtime.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
