"""Owns the stack in a Kubernetes cluster as a Python class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.runtime.executors.remote import KubernetesExecutor
from flowyml_infra.runtime.orchestrators.remote import KubernetesOrchestrator
from flowyml_infra.stacks.stack import Stack, given

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json


@dataclass(frozen=True)
class KubernetesStack(Stack):
    """A namespace of a cluster that is there already.

    Attributes:
        name: The stack's name.
        namespace: The namespace.
        storage_class: The storage class of its volumes, or None for the cluster's default.
        kube_context: The context of the kubeconfig, or None for the current one.
        service_account: The service account that pipelines run as, or None.
        artifact_uri: Where artifacts go, or None for an object store that the stack makes.
        metadata_uri: The metadata store's URL, or None for one that the stack makes.
    """

    name: str
    namespace: str = "default"
    storage_class: str | None = None
    kube_context: str | None = None
    service_account: str | None = None
    artifact_uri: str | None = None
    metadata_uri: str | None = None

    def spec(self) -> dict[str, Json]:
        """``spec`` of the manifest that this stack stands for."""
        identity = given(service_account=self.service_account)
        storage = given(
            artifact_store=self.artifact_uri, metadata_store=self.metadata_uri, storage_class=self.storage_class
        )
        return given(
            provider="kubernetes",
            location=given(namespace=self.namespace, kube_context=self.kube_context),
            compute={"backend": "kubernetes"},
            storage=storage or None,
            identity=identity or None,
        )

    @property
    def orchestrator(self) -> KubernetesOrchestrator:
        """What runs pipelines on this stack."""
        return KubernetesOrchestrator(namespace=self.namespace, context=self.kube_context)

    @property
    def executor(self) -> KubernetesExecutor:
        """What carries out steps on this stack."""
        return KubernetesExecutor(namespace=self.namespace, context=self.kube_context)
