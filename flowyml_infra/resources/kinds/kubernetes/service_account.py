"""Owns the kind ``kubernetes.service_account``: what steps run as, with the rights to run them and no others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_properties import flag, pairs, texts
from flowyml_infra.resources.derivation import FromComponent
from flowyml_infra.resources.facts import kubernetes as facts
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.kubernetes_properties import annotations_problem, cluster_kind
from flowyml_infra.resources.transition import ANY_ORDER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.values import Json, Value

_RESOURCE: Final = re.compile(r"(?P<name>[a-z][a-z0-9]*)(?P<group>\.[a-z0-9.-]+)?(/[a-z]+)?", re.ASCII)
_BROAD: Final[Mapping[str, str]] = {
    "*": "which allows everything in the namespace",
    "secrets": "so it can read every password in the namespace",
    "pods/exec": "so it can run commands in every pod of the namespace",
    "pods/attach": "so it can speak to every process in the namespace",
    "serviceaccounts/token": "so it can act as every other account in the namespace",
    "roles": "so it can change what others may do",
    "rolebindings": "so it can change who may do what",
}
"""What some permissions come to: https://kubernetes.io/docs/concepts/security/rbac-good-practices/."""


def _has_permissions(properties: Mapping[str, Value]) -> bool:
    return bool(properties.get("permissions"))


def _permissions_problem(value: Json) -> str | None:
    clauses = (_permission_problem(item) for item in (value if isinstance(value, list) else []))
    return next((clause for clause in clauses if clause is not None), None)


def _permission_problem(item: Json) -> str | None:
    if not isinstance(item, str) or item == "*":
        return None
    found = _RESOURCE.fullmatch(item)
    if found is None:
        return f"has {item!r} in it; it reads NAME, NAME/PART or NAME.GROUP, for example pods/log"
    if found["group"] is None and found["name"] not in facts.API_GROUPS:
        return f"has {item!r} in it, which Kubernetes itself does not have; write NAME.GROUP, as in jobs.batch"
    return None


def _broad(value: Json) -> str | None:
    given = [item for item in (value if isinstance(value, list) else []) if isinstance(item, str)]
    return next((f"has {item!r} in it, {clause}" for item, clause in _BROAD.items() if item in given), None)


KIND: Final = cluster_kind(
    "kubernetes.service_account",
    "A service account that may run steps in its namespace.",
    rule=facts.OBJECT_NAME,
    called="The account's name.",
    properties=(
        texts(
            "permissions",
            "What it may make, read and delete in its namespace.",
            "role.rules",
            default=["jobs", "pods", "pods/log"],
            check=_permissions_problem,
            transitions=(ANY_ORDER,),
            weakens=_broad,
        ),
        pairs(
            "annotations",
            "Text by name, kept with it; the identity in a cloud that it stands for is told here.",
            "account.metadata.annotations",
            check=annotations_problem,
        ),
        flag(
            "automount_token",
            "Give its token to every pod that runs as it.",
            "account.automount_service_account_token",
            default=False,
            weaker="is on, so a pod that has no use for its token has it all the same",
        ),
        texts(
            "image_pull_secrets",
            "The secrets that images are pulled with.",
            "account.image_pull_secrets",
            derived=FromComponent("container_registry", "name", "registry_secret"),
        ),
    ),
    outputs=(
        Output("name", "string", "The account's name.", echoes="name"),
        Output("namespace", "string", "The namespace it is in.", echoes="namespace"),
        Output("service_account", "string", "The account's name, as what runs steps takes it.", echoes="name"),
        Output("id", "string", "NAMESPACE/NAME."),
    ),
    children=(
        ChildType("account", facts.SERVICE_ACCOUNT, primary=True),
        ChildType("role", facts.ROLE, made_if=_has_permissions),
        ChildType("binding", facts.ROLE_BINDING, given=("role_ref", "subjects"), made_if=_has_permissions),
    ),
)
