"""Owns the facts about the resource types of ``pulumi_azure_native`` 3 that hold data, secrets and rights.

Read in the provider's own ``provider/pkg/gen/replacement.go``, in the API's specifications and in the SDK. What is part
of a resource's path, its own name and its parents', always makes a new one. The provider compares regions without case
and spaces. Nested inputs that Azure takes at creation alone are planned as updates, and refused: those are ``refused``.
"""

from __future__ import annotations

from flowyml_infra.resources.facts.type_facts import TypeFacts
from flowyml_infra.resources.naming import NameRule

_NAMES = "azure-docs articles/azure-resource-manager/management/resource-name-rules.md"
_FORCED = "pulumi-azure-native provider/pkg/gen/replacement.go"
_SPECS = "https://github.com/Azure/azure-rest-api-specs"

GROUP_NAME = NameRule(
    r"[-\w.()]{0,89}[-\w()]",
    90,
    1,
    "letters, digits, _, -, ( and ), and dots but for the end",
    scope="the subscription",
)
ACCOUNT_NAME = NameRule(
    r"[a-z0-9]{3,24}", 24, 3, "lower-case letters and digits", separator="", scope="the whole of Azure Storage"
)
CONTAINER_NAME = NameRule(
    r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    63,
    3,
    "lower-case letters, digits and single hyphens, not at the ends",
    scope="the account",
)
REGISTRY_NAME = NameRule(
    r"[A-Za-z0-9]{5,50}", 50, 5, "letters and digits", separator="", scope="the whole of Azure Container Registry"
)
VAULT_NAME = NameRule(
    r"(?!.*--)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]",
    24,
    3,
    "letters, digits and single hyphens, a letter first and no hyphen last",
    scope="the whole of Azure Key Vault, deleted vaults included",
)
SECRET_NAME = NameRule(
    r"[A-Za-z0-9-]{1,127}", 127, 1, "letters, digits and hyphens", scope="the vault, deleted secrets included"
)
IDENTITY_NAME = NameRule(
    r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}",
    128,
    3,
    "letters, digits, hyphens and underscores, a letter or digit first",
    scope="the resource group",
)

GROUP = TypeFacts(
    "azure-native:resources:ResourceGroup",
    "pulumi_azure_native.resources.ResourceGroup",
    required=("location",),
    replaces=("resource_group_name", "location"),
    in_place=("tags",),
    name_input="resource_group_name",
    name=GROUP_NAME,
    source=f"{_FORCED}; {_NAMES}",
)
ACCOUNT = TypeFacts(
    "azure-native:storage:StorageAccount",
    "pulumi_azure_native.storage.StorageAccount",
    required=("kind", "resource_group_name", "sku", "location"),
    replaces=("account_name", "resource_group_name", "location", "is_hns_enabled"),
    refused=("kind", "sku", "enable_nfs_v3", "dns_endpoint_type", "immutable_storage_with_versioning"),
    in_place=(
        "access_tier",
        "allow_blob_public_access",
        "allow_shared_key_access",
        "enable_https_traffic_only",
        "encryption",
        "identity",
        "minimum_tls_version",
        "network_rule_set",
        "public_network_access",
        "tags",
    ),
    name_input="account_name",
    name=ACCOUNT_NAME,
    create_minutes=0.5,
    source=f"{_FORCED}; {_NAMES}",
)
CONTAINER = TypeFacts(
    "azure-native:storage:BlobContainer",
    "pulumi_azure_native.storage.BlobContainer",
    required=("account_name", "resource_group_name"),
    replaces=("account_name", "resource_group_name", "container_name"),
    refused=("default_encryption_scope", "deny_encryption_scope_override", "immutable_storage_with_versioning"),
    in_place=("public_access", "metadata"),
    name_input="container_name",
    name=CONTAINER_NAME,
    source=f"{_FORCED}; {_NAMES}",
)
BLOB_SERVICE = TypeFacts(
    "azure-native:storage:BlobServiceProperties",
    "pulumi_azure_native.storage.BlobServiceProperties",
    required=("account_name", "resource_group_name"),
    replaces=("account_name", "resource_group_name", "blob_services_name"),
    in_place=("is_versioning_enabled", "delete_retention_policy", "container_delete_retention_policy", "change_feed"),
    source=f"{_SPECS} storage/resource-manager/Microsoft.Storage blob.json",
)
EXPIRY = TypeFacts(
    "azure-native:storage:ManagementPolicy",
    "pulumi_azure_native.storage.ManagementPolicy",
    required=("account_name", "policy", "resource_group_name"),
    replaces=("account_name", "resource_group_name", "management_policy_name"),
    in_place=("policy",),
    source=f"{_SPECS} storage/resource-manager/Microsoft.Storage storage.json",
)
REGISTRY = TypeFacts(
    "azure-native:containerregistry:Registry",
    "pulumi_azure_native.containerregistry.Registry",
    required=("resource_group_name", "sku", "location"),
    replaces=("registry_name", "resource_group_name", "location"),
    refused=("encryption", "zone_redundancy"),
    in_place=(
        "admin_user_enabled",
        "anonymous_pull_enabled",
        "identity",
        "network_rule_set",
        "policies",
        "public_network_access",
        "tags",
    ),
    name_input="registry_name",
    name=REGISTRY_NAME,
    create_minutes=1,
    source=f"{_SPECS} containerregistry/resource-manager; {_NAMES}",
)
VAULT = TypeFacts(
    "azure-native:keyvault:Vault",
    "pulumi_azure_native.keyvault.Vault",
    required=("properties", "resource_group_name", "location"),
    replaces=("vault_name", "resource_group_name"),
    refused=(
        "location",
        "properties.enable_purge_protection",
        "properties.enable_soft_delete",
        "properties.soft_delete_retention_in_days",
        "properties.tenant_id",
    ),
    in_place=(
        "properties.sku",
        "properties.access_policies",
        "properties.enable_rbac_authorization",
        "properties.network_acls",
        "properties.public_network_access",
        "tags",
    ),
    name_input="vault_name",
    name=VAULT_NAME,
    create_minutes=1,
    source=f"{_SPECS} keyvault/resource-manager/Microsoft.KeyVault; {_NAMES}",
)
SECRET = TypeFacts(
    "azure-native:keyvault:Secret",
    "pulumi_azure_native.keyvault.Secret",
    required=("properties", "resource_group_name", "vault_name"),
    replaces=("secret_name", "vault_name", "resource_group_name"),
    in_place=("properties.value", "properties.attributes", "properties.content_type", "tags"),
    name_input="secret_name",
    name=SECRET_NAME,
    source=f"{_SPECS} keyvault/resource-manager/Microsoft.KeyVault; {_NAMES}",
)
IDENTITY = TypeFacts(
    "azure-native:managedidentity:UserAssignedIdentity",
    "pulumi_azure_native.managedidentity.UserAssignedIdentity",
    required=("resource_group_name", "location"),
    replaces=("resource_name_", "resource_group_name", "location"),
    in_place=("tags",),
    name_input="resource_name_",
    name=IDENTITY_NAME,
    source=f"{_SPECS} msi/resource-manager/Microsoft.ManagedIdentity; {_NAMES}",
)
FEDERATION = TypeFacts(
    "azure-native:managedidentity:FederatedIdentityCredential",
    "pulumi_azure_native.managedidentity.FederatedIdentityCredential",
    required=("audiences", "issuer", "resource_group_name", "resource_name_", "subject"),
    replaces=("federated_identity_credential_resource_name", "resource_group_name", "resource_name_"),
    in_place=("audiences", "issuer", "subject"),
    source=f"{_SPECS} msi/resource-manager/Microsoft.ManagedIdentity",
)
# The provider would change the role in place, and Azure refuses that: kinds put the role into the assignment's name.
ROLE_ASSIGNMENT = TypeFacts(
    "azure-native:authorization:RoleAssignment",
    "pulumi_azure_native.authorization.RoleAssignment",
    required=("principal_id", "role_definition_id", "scope"),
    replaces=("principal_id", "scope", "role_assignment_name"),
    refused=("role_definition_id", "principal_type", "delegated_managed_identity_resource_id"),
    in_place=("description", "condition", "condition_version"),
    create_minutes=0.2,
    source=f"{_FORCED} and provider/pkg/resources/customresources/custom_roleassignment.go",
)
LOCK = TypeFacts(
    "azure-native:authorization:ManagementLockByScope",
    "pulumi_azure_native.authorization.ManagementLockByScope",
    required=("level", "scope"),
    replaces=("scope", "lock_name"),
    in_place=("level", "notes"),
    source=f"{_SPECS} resources/resource-manager/Microsoft.Authorization locks.json",
)
