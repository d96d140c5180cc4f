"""Owns what a permission in a namespace comes to: API group, resource and verbs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_kubernetes as k8s

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALL = "*"
VERBS = ("create", "delete", "get", "list", "watch")
"""What one may do with a resource."""
PART_VERBS: Mapping[str, tuple[str, ...]] = {
    "log": ("get",),
    "status": ("get",),
    "scale": ("get", "patch", "update"),
}
"""What one may do with a part of a resource, by its name."""
_OTHER_PART_VERBS = ("create", "get")
"""Such as ``exec``: https://kubernetes.io/docs/reference/access-authn-authz/authorization/."""

GROUPS: Mapping[str, Sequence[str]] = {
    "apps": ("daemonsets", "deployments", "replicasets", "statefulsets"),
    "autoscaling": ("horizontalpodautoscalers",),
    "batch": ("cronjobs", "jobs"),
    "coordination.k8s.io": ("leases",),
    "networking.k8s.io": ("ingresses", "networkpolicies"),
    "policy": ("poddisruptionbudgets",),
    "rbac.authorization.k8s.io": ("rolebindings", "roles"),
}
"""The API groups of what Kubernetes itself keeps in a namespace; what is not in it is in the core group."""
_GROUP_OF: Mapping[str, str] = {name: group for group, names in GROUPS.items() for name in names}


def rules(permissions: Sequence[str]) -> list[k8s.rbac.v1.PolicyRuleArgs]:
    """The rules of a role with these permissions: ``NAME``, ``NAME/PART``, ``NAME.GROUP`` or ``*``."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for permission in permissions:
        group, resource, verbs = right(permission)
        found.setdefault((group, verbs), []).append(resource)
    return [
        k8s.rbac.v1.PolicyRuleArgs(api_groups=[group], resources=sorted(set(resources)), verbs=list(verbs))
        for (group, verbs), resources in sorted(found.items())
    ]


def right(permission: str) -> tuple[str, str, tuple[str, ...]]:
    """API group, resource with its part, and verbs of one permission."""
    if permission == ALL:
        return ALL, ALL, (ALL,)
    whole, slash, part = permission.partition("/")
    name, dot, group = whole.partition(".")
    verbs = PART_VERBS.get(part, _OTHER_PART_VERBS) if slash else VERBS
    return group if dot else _GROUP_OF.get(name, ""), f"{name}{slash}{part}", verbs
