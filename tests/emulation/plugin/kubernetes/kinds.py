"""Owns what the stand-in knows of each Kubernetes kind: where it lives and which changes replace it.

Written from the provider's documented behaviour (version 4.34): ``metadata.name`` and ``metadata.namespace`` replace
every kind; the rest is listed here. Whether values are right is left to the API server, which is the real one.
"""

from __future__ import annotations

from dataclasses import dataclass

IDENTITY = ("metadata.name", "metadata.namespace")
ENVELOPE = frozenset({"apiVersion", "kind", "metadata"})


@dataclass(frozen=True)
class Kind:
    """One kind: its place in the API, its own top-level fields, and what replaces it."""

    api: str
    name: str
    plural: str
    fields: frozenset[str]
    replacing: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    namespaced: bool = True
    mutable_option: str = ""
    """The provider option under which a change of ``data`` happens in place."""

    @property
    def collection(self) -> str:
        """The API path of the group and version, without namespace."""
        return f"/api/{self.api}" if "/" not in self.api else f"/apis/{self.api}"


def _kind(api: str, name: str, plural: str, fields: str, *replacing: str, **more: object) -> Kind:
    return Kind(api, name, plural, ENVELOPE | set(fields.split()), replacing, **more)  # type: ignore[arg-type]


KINDS = {
    "kubernetes:core/v1:Namespace": _kind("v1", "Namespace", "namespaces", "spec", namespaced=False),
    "kubernetes:core/v1:ServiceAccount": _kind(
        "v1", "ServiceAccount", "serviceaccounts", "automountServiceAccountToken imagePullSecrets secrets"
    ),
    "kubernetes:core/v1:Secret": _kind(
        "v1",
        "Secret",
        "secrets",
        "data stringData type immutable",
        *("type", "data", "stringData"),
        mutable_option="enableSecretMutable",
    ),
    "kubernetes:core/v1:ConfigMap": _kind(
        "v1",
        "ConfigMap",
        "configmaps",
        "data binaryData immutable",
        *("data", "binaryData"),
        mutable_option="enableConfigMapMutable",
    ),
    "kubernetes:core/v1:Service": _kind("v1", "Service", "services", "spec", "spec.clusterIP"),
    "kubernetes:core/v1:ResourceQuota": _kind("v1", "ResourceQuota", "resourcequotas", "spec", "spec.scopes"),
    "kubernetes:core/v1:LimitRange": _kind("v1", "LimitRange", "limitranges", "spec"),
    "kubernetes:core/v1:PersistentVolumeClaim": _kind(
        "v1",
        "PersistentVolumeClaim",
        "persistentvolumeclaims",
        "spec",
        *("spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"),
    ),
    "kubernetes:apps/v1:Deployment": _kind(
        "apps/v1", "Deployment", "deployments", "spec", "spec.selector", required=("spec",)
    ),
    "kubernetes:apps/v1:StatefulSet": _kind(
        "apps/v1",
        "StatefulSet",
        "statefulsets",
        "spec",
        *("spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector"),
        *("spec.serviceName", "spec.volumeClaimTemplates"),
        required=("spec",),
    ),
    "kubernetes:rbac.authorization.k8s.io/v1:Role": _kind("rbac.authorization.k8s.io/v1", "Role", "roles", "rules"),
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": _kind(
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        "rolebindings",
        "roleRef subjects",
        "roleRef",
        required=("roleRef",),
    ),
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": _kind(
        "networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", "spec"
    ),
}
