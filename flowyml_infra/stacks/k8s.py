"""Owns the stack in a Kubernetes cluster as a Python class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flowyml_infra.runtime.executors.remote import KubernetesExecutor
from flowyml_infra.runtime.orchestrators.remote import KubernetesOrchestrator
from flowyml_infra.stacks.stack import Stack, given, or_made

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json

_ALWAYS_THERE: Final = "default"
"""The namespace that every cluster has, so that nobody makes it."""


@dataclass(frozen=True)
class KubernetesStack(Stack):
    """A namespace of a cluster that is there already.

    Attributes:
        name: The stack's name.
        namespace: The namespace; the stack makes it, unless it is ``default``, which every cluster has.
        storage_class: The storage class of its volumes, or None for the cluster's default.
        kube_context: The context of the kubeconfig, or None for the current one.
        service_account: The service account that pipelines run as, or None for one that the stack makes.
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
        compute = given(backend="kubernetes", existing=True if self.namespace == _ALWAYS_THERE else None)
        storage = given(storage_class=self.storage_class)
        return {
            "provider": "kubernetes",
            "location": given(namespace=self.namespace, kube_context=self.kube_context),
            "compute": compute,
            "storage": {
                **storage,
                "artifact_store": or_made(self.artifact_uri),
                "metadata_store": or_made(self.metadata_uri),
            },
            "identity": given(service_account=self.service_account),
        }

    @property
    def orchestrator(self) -> KubernetesOrchestrator:
        """What runs pipelines on this stack."""
        return KubernetesOrchestrator(namespace=self.namespace, context=self.kube_context)

    @property
    def executor(self) -> KubernetesExecutor:
        """What carries out steps on this stack."""
        return KubernetesExecutor(namespace=self.namespace, context=self.kube_context)
