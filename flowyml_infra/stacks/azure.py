"""Owns the stack on Microsoft Azure as a Python class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.runtime.artifacts.clouds import AzureBlobStore
from flowyml_infra.runtime.executors.remote import AzureMLExecutor
from flowyml_infra.runtime.orchestrators.remote import AzureMLOrchestrator
from flowyml_infra.runtime.registries import ACRContainerRegistry
from flowyml_infra.stacks.stack import Stack, or_made

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json


@dataclass(frozen=True)
class AzureStack(Stack):
    """Azure Machine Learning, blob storage, PostgreSQL, a registry, an identity and a network in one resource group.

    Attributes:
        name: The stack's name.
        subscription_id: The subscription.
        resource_group: The resource group.
        region: The region, for example ``westeurope``.
        storage_account: The storage account for artifacts, or None for a name that is made up.
        container: The blob container for artifacts.
        acr_registry: The container registry, ``host/path``, or None for one that the stack makes.
        metadata_uri: The metadata store's URL, or None for one that the stack makes.
    """

    name: str
    subscription_id: str
    resource_group: str
    region: str = "westeurope"
    storage_account: str | None = None
    container: str = "artifacts"
    acr_registry: str | None = None
    metadata_uri: str | None = None

    def spec(self) -> dict[str, Json]:
        """``spec`` of the manifest that this stack stands for."""
        account = self.storage_account
        store = None if account is None else f"abfs://{self.container}@{account}.dfs.core.windows.net"
        return {
            "provider": "azure",
            "location": {
                "subscription_id": self.subscription_id,
                "resource_group": self.resource_group,
                "region": self.region,
            },
            "compute": {"backend": "azureml"},
            "storage": {"artifact_store": or_made(store), "metadata_store": or_made(self.metadata_uri)},
            "registry": or_made(self.acr_registry),
            "identity": {},
            "network": {},
        }

    @property
    def orchestrator(self) -> AzureMLOrchestrator:
        """What runs pipelines on this stack."""
        return AzureMLOrchestrator(subscription_id=self.subscription_id, resource_group=self.resource_group)

    @property
    def executor(self) -> AzureMLExecutor:
        """What carries out steps on this stack."""
        return AzureMLExecutor(subscription_id=self.subscription_id, resource_group=self.resource_group)

    @property
    def artifact_store(self) -> AzureBlobStore | None:
        """Where artifacts go, or None as long as the storage account has no name."""
        return None if self.storage_account is None else AzureBlobStore(self.storage_account, self.container)

    @property
    def container_registry(self) -> ACRContainerRegistry | None:
        """Where images are, or None."""
        return None if self.acr_registry is None else ACRContainerRegistry(self.acr_registry)
