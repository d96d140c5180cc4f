"""Owns the kind ``azure.identity``: an identity that may use what its stack has, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.azure_properties import (
    group_property,
    region_property,
    stack_output,
    subscription_property,
)
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import (
    matching,
    name_property,
    tags_property,
    text,
    texts,
)
from flowyml_infra.resources.facts import azure
from flowyml_infra.resources.kind import Fault, Output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flowyml_infra.resources.values import Json, Value

_ROLE = matching(r"[A-Za-z0-9][\w ()/.-]{1,127}", "a role is named as Azure does, for example AzureML Data Scientist")
_ACCOUNT = matching(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?/[a-z0-9]([a-z0-9.-]*[a-z0-9])?", "it reads NAMESPACE/NAME")
_BROAD = ("owner", "contributor", "user access administrator", "role based access control administrator")
_GIVEN = ("principal_id", "principal_type", "role_definition_id", "role_assignment_name")


def _roles_problem(value: Json) -> str | None:
    clauses = (_ROLE(item) for item in (value if isinstance(value, list) else []) if isinstance(item, str))
    return next((clause for clause in clauses if clause), None)


def _broad(value: Json) -> str | None:
    wide = [item for item in (value if isinstance(value, list) else []) if str(item).lower() in _BROAD]
    return f"has {wide[0]} in it, which allows far more than a stack needs" if wide else None


def _has(name: str) -> Callable[[Mapping[str, Value]], bool]:
    return lambda properties: bool(properties.get(name))


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    if properties.get("kubernetes_account") and not properties.get("issuer"):
        hint = "write the URL of the cluster's OIDC issuer: issuer"
        yield Fault("kubernetes_account", "is of a cluster, and the stack has none that says who it is", hint)


KIND: Final = cloud_kind(
    "azure.identity",
    "An identity that may use what the stack has.",
    properties=(
        name_property(
            azure.IDENTITY_NAME, "The identity's name.", feeds=("identity.resource_name_", "federation.resource_name_")
        ),
        region_property("identity"),
        subscription_property("identity", "roles.scope"),
        group_property("identity", "federation", also=("roles.scope",)),
        stack_output(
            "artifact_store",
            "id",
            "storage_access.scope",
            name="storage",
            kind="storage",
            description="The id of the storage account whose blobs it may read and write.",
        ),
        stack_output(
            "container_registry",
            "id",
            "registry_access.scope",
            name="registry",
            kind="registry",
            description="The id of the registry that it may pull images from.",
        ),
        stack_output(
            "secrets",
            "id",
            "vault_access.scope",
            name="vault",
            kind="vault",
            description="The id of the vault whose secrets it may read.",
        ),
        texts(
            "roles",
            "Further roles that it has in its resource group.",
            "roles.role_definition_id",
            # The role is part of the assignment's name, so that another one makes a new assignment.
            "roles.role_assignment_name",
            weakens=_broad,
            check=_roles_problem,
        ),
        stack_output(
            "compute",
            "oidc_issuer",
            "federation.issuer",
            name="issuer",
            kind="cluster",
            description="The URL of the OIDC issuer of the cluster that kubernetes_account is in.",
        ),
        text(
            "kubernetes_account",
            "The service account in a cluster that may act as it, NAMESPACE/NAME.",
            "federation.subject",
            check=_ACCOUNT,
        ),
        tags_property("azure", feeds=("identity.tags",)),
    ),
    outputs=(
        Output("client_id", "string", "Its client id."),
        Output("principal_id", "string", "Its id in the directory, which roles are given to."),
        Output("service_account", "string", "Its client id, as what runs steps takes it."),
        Output("name", "string", "The identity's name.", echoes="name"),
        Output("id", "string", "The identity's id."),
    ),
    children=(
        ChildType("identity", azure.IDENTITY, primary=True),
        # Storage Blob Data Contributor, AcrPull and Key Vault Secrets User, each on the one thing alone.
        ChildType("storage_access", azure.ROLE_ASSIGNMENT, given=_GIVEN, made_if=_has("storage")),
        ChildType("registry_access", azure.ROLE_ASSIGNMENT, given=_GIVEN, made_if=_has("registry")),
        ChildType("vault_access", azure.ROLE_ASSIGNMENT, given=_GIVEN, made_if=_has("vault")),
        ChildType("roles", azure.ROLE_ASSIGNMENT, given=("principal_id", "principal_type"), made_if=_has("roles")),
        ChildType("federation", azure.FEDERATION, given=("audiences",), made_if=_has("kubernetes_account")),
    ),
    identity=("name", "resource_group", "subscription_id"),
    located_by="name",
    check=_check,
)
