"""Owns the table of the kinds that are made in a Kubernetes cluster, and how the cluster is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi_kubernetes as k8s

from .database import Database
from .metadata import CREATION_LABEL, object_id
from .mlflow import Mlflow
from .namespace import Namespace
from .network_policy import NetworkPolicy
from .object_store import ObjectStore
from .quota import Quota
from .registry_secret import RegistrySecret
from .secret import Secret
from .service_account import ServiceAccount
from .volume import Volume

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pulumi

    from ..component import Component, Inputs

KINDS: Mapping[str, type[Component]] = {
    "database": Database,
    "mlflow": Mlflow,
    "namespace": Namespace,
    "network_policy": NetworkPolicy,
    "object_store": ObjectStore,
    "quota": Quota,
    "registry_secret": RegistrySecret,
    "secret": Secret,
    "service_account": ServiceAccount,
    "volume": Volume,
}
"""The component of each kind."""

IDS: Mapping[str, Callable[[Mapping[str, Any]], str | None]] = {
    f"kubernetes:{type_}": object_id
    for type_ in (
        "apps/v1:Deployment",
        "apps/v1:StatefulSet",
        "core/v1:LimitRange",
        "core/v1:Namespace",
        "core/v1:PersistentVolumeClaim",
        "core/v1:ResourceQuota",
        "core/v1:Secret",
        "core/v1:Service",
        "core/v1:ServiceAccount",
        "networking.k8s.io/v1:NetworkPolicy",
        "rbac.authorization.k8s.io/v1:Role",
        "rbac.authorization.k8s.io/v1:RoleBinding",
    )
}
"""By type: the id that an object with these inputs has."""


FINDERS: Mapping[str, Any] = {}
"""No object has an id that the cluster makes up."""


def mark(token: str, outputs: Mapping[str, Any]) -> str | None:
    """The creation id that an object with these outputs carries, empty for none; every type has labels."""
    del token
    return str(((outputs.get("metadata") or {}).get("labels") or {}).get(CREATION_LABEL, ""))


def unmarked(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """These inputs without the labels of the object."""
    metadata = {name: value for name, value in (inputs.get("metadata") or {}).items() if name != "labels"}
    return {**inputs, "metadata": metadata}


def place(inputs: Inputs) -> str:
    """What tells the clusters of resources apart: the context of the kubeconfig, or nothing for the current one."""
    context = inputs.optional("kube_context")
    return context if isinstance(context, str) else ""


def provider(name: str, context: str) -> pulumi.ProviderResource:
    """The provider for one cluster; secrets change in place with it."""
    return k8s.Provider(
        name,
        context=context or None,
        # Without it, another address of the cluster in the kubeconfig would replace everything that is in it.
        cluster_identifier=context or "current",
        enable_secret_mutable=True,
        enable_server_side_apply=True,
    )
