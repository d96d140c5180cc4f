"""Owns the facts about the resource types of ``pulumi_kubernetes`` 4 that the kinds in a cluster are made of.

Read in the provider's ``provider/pkg/provider/diff.go``, which lists by type the inputs that make a new object, and in
the SDK itself; what the cluster refuses is in the documentation of Kubernetes. For every type a change of
``metadata.name`` or ``metadata.namespace`` makes a new object.

Secrets change in place because our provider is configured with ``enable_secret_mutable=True``; without that, a change
of ``data`` or ``string_data`` would make a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.facts.type_facts import TypeFacts
from flowyml_infra.resources.naming import NameRule

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/"
_DIFF = "pulumi-kubernetes provider/pkg/provider/diff.go"
_MOVES = ("metadata.name", "metadata.namespace")
_NOTES = ("metadata.labels", "metadata.annotations")

_PART = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
NAMESPACE_NAME = NameRule(
    r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?",
    63,
    1,
    "lower-case letters, digits and hyphens, without a hyphen at either end",
    scope="the cluster",
)
OBJECT_NAME = NameRule(
    rf"{_PART}(\.{_PART})*",
    253,
    1,
    "lower-case letters, digits, hyphens and dots, with a letter or digit at both ends and beside every dot",
    scope="the namespace",
)
# A service's name begins with a letter, as older clusters demand. A stateful set's name is followed by a hyphen and ten
# characters in the label controller-revision-hash, which has room for 63:
# https://github.com/kubernetes/kubernetes/issues/64023
SERVER_NAME = NameRule(
    r"[a-z]([-a-z0-9]{0,50}[a-z0-9])?",
    52,
    1,
    "lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen",
    scope="the namespace",
)

API_GROUPS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "configmaps",
            "endpoints",
            "events",
            "limitranges",
            "persistentvolumeclaims",
            "pods",
            "podtemplates",
            "replicationcontrollers",
            "resourcequotas",
            "secrets",
            "serviceaccounts",
            "services",
        ),
        "",
    ),
    **dict.fromkeys(("daemonsets", "deployments", "replicasets", "statefulsets"), "apps"),
    **dict.fromkeys(("cronjobs", "jobs"), "batch"),
    "horizontalpodautoscalers": "autoscaling",
    "leases": "coordination.k8s.io",
    **dict.fromkeys(("ingresses", "networkpolicies"), "networking.k8s.io"),
    "poddisruptionbudgets": "policy",
    **dict.fromkeys(("rolebindings", "roles"), "rbac.authorization.k8s.io"),
}
"""The API group of what Kubernetes itself keeps in a namespace; the core group has the empty name.

Source: https://kubernetes.io/docs/reference/kubernetes-api/.
"""

NAMESPACE = TypeFacts(
    "kubernetes:core/v1:Namespace",
    "pulumi_kubernetes.core.v1.Namespace",
    replaces=("metadata.name",),
    in_place=(*_NOTES, "spec.finalizers"),
    name_input="metadata.name",
    name=NAMESPACE_NAME,
    source=f"{_DIFF}; {_NAMES}",
)
SERVICE_ACCOUNT = TypeFacts(
    "kubernetes:core/v1:ServiceAccount",
    "pulumi_kubernetes.core.v1.ServiceAccount",
    replaces=_MOVES,
    in_place=(*_NOTES, "automount_service_account_token", "image_pull_secrets", "secrets"),
    name_input="metadata.name",
    name=OBJECT_NAME,
    source=_DIFF,
)
ROLE = TypeFacts(
    "kubernetes:rbac.authorization.k8s.io/v1:Role",
    "pulumi_kubernetes.rbac.v1.Role",
    replaces=_MOVES,
    in_place=(*_NOTES, "rules"),
    name_input="metadata.name",
    source=_DIFF,
)
ROLE_BINDING = TypeFacts(
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
    "pulumi_kubernetes.rbac.v1.RoleBinding",
    required=("role_ref",),
    replaces=(*_MOVES, "role_ref"),
    in_place=(*_NOTES, "subjects"),
    name_input="metadata.name",
    source=_DIFF,
)
QUOTA = TypeFacts(
    "kubernetes:core/v1:ResourceQuota",
    "pulumi_kubernetes.core.v1.ResourceQuota",
    required=("spec.hard",),
    replaces=(*_MOVES, "spec.scopes"),
    in_place=(*_NOTES, "spec.hard"),
    name_input="metadata.name",
    name=OBJECT_NAME,
    source=_DIFF,
)
LIMIT_RANGE = TypeFacts(
    "kubernetes:core/v1:LimitRange",
    "pulumi_kubernetes.core.v1.LimitRange",
    required=("spec.limits",),
    replaces=_MOVES,
    in_place=(*_NOTES, "spec.limits"),
    name_input="metadata.name",
    name=OBJECT_NAME,
    source=_DIFF,
)
CLAIM = TypeFacts(
    "kubernetes:core/v1:PersistentVolumeClaim",
    "pulumi_kubernetes.core.v1.PersistentVolumeClaim",
    required=("spec.access_modes", "spec.resources.requests.storage"),
    replaces=(*_MOVES, "spec.access_modes", "spec.selector", "spec.storage_class_name", "spec.volume_name"),
    refused=("spec.resources.requests.storage", "spec.volume_mode", "spec.data_source", "spec.data_source_ref"),
    in_place=(*_NOTES, "spec.resources", "spec.volume_attributes_class_name"),
    name_input="metadata.name",
    name=OBJECT_NAME,
    create_minutes=0.3,
    source=f"{_DIFF}; https://kubernetes.io/docs/concepts/storage/persistent-volumes/",
)
NETWORK_POLICY = TypeFacts(
    "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    "pulumi_kubernetes.networking.v1.NetworkPolicy",
    required=("spec.pod_selector",),
    replaces=_MOVES,
    in_place=(*_NOTES, "spec.pod_selector", "spec.ingress", "spec.egress", "spec.policy_types"),
    name_input="metadata.name",
    name=OBJECT_NAME,
    source=_DIFF,
)
STATEFUL_SET = TypeFacts(
    "kubernetes:apps/v1:StatefulSet",
    "pulumi_kubernetes.apps.v1.StatefulSet",
    required=("spec.selector", "spec.service_name", "spec.template.spec.containers.image"),
    replaces=(
        *_MOVES,
        "spec.selector",
        "spec.service_name",
        "spec.volume_claim_templates",
        "spec.pod_management_policy",
        "spec.revision_history_limit",
    ),
    in_place=(*_NOTES, "spec.replicas", "spec.template", "spec.update_strategy", "spec.min_ready_seconds"),
    name_input="metadata.name",
    name=SERVER_NAME,
    create_minutes=1,
    timeout_minutes=10,
    source=f"{_DIFF}; the SDK's own text for the time-out",
)
DEPLOYMENT = TypeFacts(
    "kubernetes:apps/v1:Deployment",
    "pulumi_kubernetes.apps.v1.Deployment",
    required=("spec.selector", "spec.template.spec.containers.image"),
    replaces=(*_MOVES, "spec.selector"),
    in_place=(*_NOTES, "spec.replicas", "spec.template", "spec.strategy", "spec.progress_deadline_seconds"),
    name_input="metadata.name",
    name=SERVER_NAME,
    create_minutes=0.5,
    timeout_minutes=10,
    source=f"{_DIFF}; the SDK's own text for the time-out",
)
SERVICE = TypeFacts(
    "kubernetes:core/v1:Service",
    "pulumi_kubernetes.core.v1.Service",
    required=("spec.selector", "spec.ports"),
    replaces=(*_MOVES, "spec.cluster_ip"),
    refused=("spec.load_balancer_class", "spec.ip_families"),
    in_place=(*_NOTES, "spec.selector", "spec.ports", "spec.type", "spec.load_balancer_source_ranges"),
    name_input="metadata.name",
    name=SERVER_NAME,
    create_minutes=0.2,
    timeout_minutes=10,
    source=f"{_DIFF}; the SDK's own text for the time-out",
)
SECRET = TypeFacts(
    "kubernetes:core/v1:Secret",
    "pulumi_kubernetes.core.v1.Secret",
    replaces=(*_MOVES, "type"),
    refused=("immutable",),
    in_place=(*_NOTES, "data", "string_data"),
    name_input="metadata.name",
    name=OBJECT_NAME,
    source=f"{_DIFF}, with enable_secret_mutable; https://kubernetes.io/docs/concepts/configuration/secret/",
)
