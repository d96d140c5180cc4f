"""Owns the kind ``azure.ml_workspace``: an Azure Machine Learning workspace with what it cannot be without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.azure_properties import (
    fixed,
    group_property,
    is_switched,
    lock_child,
    lock_property,
    region_property,
    stack_output,
    subscription_property,
)
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import flag, name_property, number, tags_property, text
from flowyml_infra.resources.facts import azure
from flowyml_infra.resources.facts import azure_compute as facts
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.transition import Transition, changes_once_set, is_removed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowyml_infra.resources.values import Json, Value

_SOURCE = "terraform-provider-azurerm internal/services/machinelearning/machine_learning_workspace_resource.go"
_IDENTITIES = "https://learn.microsoft.com/azure/machine-learning/how-to-identity-based-service-authentication"
_NETWORKS = "https://learn.microsoft.com/azure/machine-learning/how-to-managed-network"
# A deleted workspace keeps its name for two weeks, so that making it anew under the same one fails.
_NEW = "make a workspace of another name; this one keeps its name for two weeks after its deletion"
_CHILDREN = ("workspace", "logs", "insights", "storage", "vault")


def _lacks(name: str) -> Callable[[Mapping[str, Value]], bool]:
    return lambda properties: not properties.get(name)


def _opens(before: Json, after: Json, _: Mapping[str, Value]) -> bool:
    return (before, after) == ("approved", "internet")


KIND: Final = cloud_kind(
    "azure.ml_workspace",
    "An Azure Machine Learning workspace.",
    properties=(
        name_property(
            facts.WORKSPACE_NAME,
            "The workspace's name; what is made for it alone is named after it.",
            feeds=(
                "workspace.workspace_name",
                "logs.workspace_name",
                "insights.resource_name_",
                "storage.account_name",
                "vault.vault_name",
            ),
        ),
        region_property(*_CHILDREN, transitions=(fixed(_NEW, _SOURCE),)),
        subscription_property("workspace"),
        group_property(*_CHILDREN),
        text("description", "What it is for.", "workspace.description", default=""),
        stack_output(
            "artifact_store",
            "id",
            "workspace.storage_account",
            name="storage",
            kind="storage",
            description="The id of its storage account; without one, it has one of its own.",
            transitions=(fixed(_NEW, _SOURCE),),
        ),
        stack_output(
            "secrets",
            "id",
            "workspace.key_vault",
            name="vault",
            kind="vault",
            description="The id of its vault; without one, it has one of its own.",
            transitions=(fixed(_NEW, _SOURCE),),
        ),
        stack_output(
            "container_registry",
            "id",
            "workspace.container_registry",
            name="registry",
            kind="registry",
            description="The id of the registry for its images; without one, it makes one when it needs it.",
            transitions=(Transition("refuse", changes_once_set, "cannot change once there is one", _NEW, _SOURCE),),
        ),
        stack_output(
            "identity",
            "id",
            "workspace.identity",
            name="identity",
            kind="identity",
            description="The id of an identity that serverless jobs may have; it has one of its own beside it.",
            transitions=(Transition("refuse", is_removed, "cannot be taken away", "name another", _IDENTITIES),),
        ),
        stack_output(
            "network",
            "subnet",
            "workspace.managed_network",
            "workspace.serverless_compute_settings",
            name="subnet",
            kind="network",
            description="The id of the subnet that machines are in; without one, it has a network of its own for them.",
            transitions=(
                Transition("refuse", is_switched, "can only be chosen, or not, when it is made", _NEW, _NETWORKS),
            ),
        ),
        text(
            "outbound",
            "What machines in its own network can reach: the internet, or what is approved alone.",
            "workspace.managed_network",
            default="internet",
            choices=("internet", "approved"),
            transitions=(Transition("refuse", _opens, "cannot be opened again", _NEW, _NETWORKS),),
        ),
        flag(
            "public_access",
            "Let it be reached over the internet, and not through private endpoints alone.",
            "workspace.public_network_access",
            default=False,
            weaker="is on, so it can be reached from the internet",
        ),
        flag(
            "high_business_impact",
            "Have Microsoft collect as little as it can, and machines encrypt their own disks.",
            "workspace.hbi_workspace",
            default=False,
            transitions=(fixed(_NEW, _SOURCE),),
        ),
        number(
            "log_days",
            "How long its logs are kept.",
            "logs.retention_in_days",
            unit="days",
            bounds=(30, 730),
            default=30,
        ),
        lock_property(),
        tags_property("azure", feeds=tuple(f"{child}.tags" for child in _CHILDREN)),
    ),
    outputs=(
        Output("name", "string", "The workspace's name.", echoes="name"),
        Output("mlflow_uri", "string", "The URI that MLflow takes for tracking."),
        Output("region", "string", "The region.", echoes="region"),
        Output("subscription_id", "string", "The subscription.", echoes="subscription_id"),
        Output("resource_group", "string", "The resource group.", echoes="resource_group"),
        Output("id", "string", "The workspace's id."),
    ),
    children=(
        ChildType("logs", facts.LOGS),
        ChildType("insights", facts.INSIGHTS, given=("kind", "workspace_resource_id")),
        ChildType("storage", azure.ACCOUNT, stateful=True, given=("kind", "sku"), made_if=_lacks("storage")),
        ChildType("vault", azure.VAULT, stateful=True, given=("properties",), made_if=_lacks("vault")),
        ChildType(
            "workspace",
            facts.WORKSPACE,
            primary=True,
            stateful=True,
            given=("application_insights", "sku", "system_datastores_auth_mode"),
        ),
        lock_child(),
    ),
    stateful=True,
    identity=("name", "resource_group", "subscription_id"),
)
