"""Owns which resource types of Terraform's ``azurerm`` provider the kinds on Azure stand for.

Both providers call a thing by its path in Azure Resource Manager; a secret in a vault, which Terraform calls by its
URL, is the exception. Attributes and ids were read in the provider's documentation,
https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.terraform.terraform_type import TerraformType, attribute, either, segment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.terraform.terraform_type import Attributes, Find

_NAME, _LOCATION = attribute("name"), attribute("location")
_GROUP: Final = either(attribute("resource_group_name"), segment("id", "resourceGroups"))
_IN_VAULT: Final = "key_vault_id"


def _secret_path(attributes: Attributes) -> str | None:
    vault, name = attributes.text(_IN_VAULT), attributes.text("name")
    return None if vault is None or name is None else f"{vault}/secrets/{name}"


def _type(name: str, kind: str, **more: Find) -> TerraformType:
    tells = {"name": _NAME, "subscription_id": segment("id", "subscriptions"), "resource_group": _GROUP, **more}
    return TerraformType(name, kind, attribute("id"), tells)


_WORKSPACE: Final = segment("machine_learning_workspace_id", "workspaces")

TYPES: Final = (
    TerraformType(
        "azurerm_resource_group",
        "azure.resource_group",
        attribute("id"),
        {"name": _NAME, "subscription_id": segment("id", "subscriptions"), "region": _LOCATION},
    ),
    _type("azurerm_storage_account", "azure.storage", region=_LOCATION),
    _type("azurerm_container_registry", "azure.registry", region=_LOCATION),
    _type("azurerm_postgresql_flexible_server", "azure.database", region=_LOCATION),
    _type("azurerm_kubernetes_cluster", "azure.cluster", region=_LOCATION),
    _type(
        "azurerm_kubernetes_cluster_node_pool",
        "azure.node_pool",
        cluster=segment("kubernetes_cluster_id", "managedClusters"),
    ),
    _type("azurerm_user_assigned_identity", "azure.identity", region=_LOCATION),
    _type("azurerm_machine_learning_workspace", "azure.ml_workspace", region=_LOCATION),
    _type("azurerm_machine_learning_compute_cluster", "azure.ml_compute", region=_LOCATION, workspace=_WORKSPACE),
    _type("azurerm_machine_learning_compute_instance", "azure.ml_compute", workspace=_WORKSPACE),
    _type("azurerm_virtual_network", "azure.network", region=_LOCATION),
    _type("azurerm_key_vault", "azure.vault", region=_LOCATION),
    TerraformType(
        "azurerm_key_vault_secret",
        "azure.secret",
        _secret_path,
        {
            "name": _NAME,
            "vault": segment(_IN_VAULT, "vaults"),
            "subscription_id": segment(_IN_VAULT, "subscriptions"),
            "resource_group": segment(_IN_VAULT, "resourceGroups"),
        },
    ),
)

SETTINGS: Final[Mapping[str, tuple[str, str]]] = {
    "azurerm_storage_management_policy": ("azure.storage", "storage_account_id"),
}
"""As for AWS."""
