"""Owns the facts about Azure's types for databases, clusters and machine learning; see ``facts.azure``."""

from __future__ import annotations

from flowyml_infra.resources.facts.type_facts import TypeFacts
from flowyml_infra.resources.naming import NameRule

_FORCED = "pulumi-azure-native provider/pkg/gen/replacement.go"
_SPECS = "https://github.com/Azure/azure-rest-api-specs"
_AZURERM = "terraform-provider-azurerm internal/services"

SERVER_NAME = NameRule(
    r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    63,
    3,
    "lower-case letters, digits and hyphens, not at the ends",
    scope="the whole of Azure Database for PostgreSQL",
)
CLUSTER_NAME = NameRule(
    r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?",
    63,
    1,
    "letters, digits, hyphens and underscores, a letter or digit at the ends",
    scope="the resource group",
)
POOL_NAME = NameRule(
    r"[a-z][a-z0-9]{0,11}",
    12,
    1,
    "lower-case letters and digits, a letter first",
    separator="",
    scope="the cluster",
    digest=4,
)
WORKSPACE_NAME = NameRule(
    r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}",
    33,
    3,
    "letters, digits, hyphens and underscores, a letter or digit first",
    scope="the resource group, for two weeks after it",
)
# The API's own message has this pattern: terraform-provider-azurerm machinelearning/validate/compute_cluster_name.go.
COMPUTE_NAME = NameRule(
    r"[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]",
    32,
    3,
    "letters, digits and hyphens, a letter first and no hyphen last",
    scope="the workspace",
)

SERVER = TypeFacts(
    "azure-native:dbforpostgresql:Server",
    "pulumi_azure_native.dbforpostgresql.Server",
    required=(
        "resource_group_name",
        "location",
        "version",
        "sku",
        "administrator_login",
        "administrator_login_password",
    ),
    replaces=(
        "server_name",
        "resource_group_name",
        "location",
        "administrator_login",
        # Stating it later replaces the server as well, so no kind ever does.
        "availability_zone",
        "source_server_resource_id",
        "point_in_time_utc",
    ),
    refused=(
        "backup.geo_redundant_backup",
        "data_encryption",
        "network.delegated_subnet_resource_id",
        "network.private_dns_zone_arm_resource_id",
        "storage.storage_size_gb",
        "version",
    ),
    in_place=(
        "administrator_login_password",
        "auth_config",
        "backup.backup_retention_days",
        "high_availability",
        "identity",
        "maintenance_window",
        "network.public_network_access",
        "sku",
        "storage.auto_grow",
        "tags",
    ),
    name_input="server_name",
    name=SERVER_NAME,
    create_minutes=8,
    source=f"{_SPECS} postgresql/resource-manager; {_AZURERM}/postgres/postgresql_flexible_server_resource.go",
)
DATABASE = TypeFacts(
    "azure-native:dbforpostgresql:Database",
    "pulumi_azure_native.dbforpostgresql.Database",
    required=("resource_group_name", "server_name"),
    replaces=("database_name", "resource_group_name", "server_name"),
    refused=("charset", "collation"),
    name_input="database_name",
    create_minutes=0.3,
    source=f"{_SPECS} postgresql/resource-manager/Microsoft.DBforPostgreSQL",
)
FIREWALL_RULE = TypeFacts(
    "azure-native:dbforpostgresql:FirewallRule",
    "pulumi_azure_native.dbforpostgresql.FirewallRule",
    required=("end_ip_address", "resource_group_name", "server_name", "start_ip_address"),
    replaces=("firewall_rule_name", "resource_group_name", "server_name"),
    in_place=("start_ip_address", "end_ip_address"),
    create_minutes=0.3,
    source=f"{_SPECS} postgresql/resource-manager/Microsoft.DBforPostgreSQL",
)
CLUSTER = TypeFacts(
    "azure-native:containerservice:ManagedCluster",
    "pulumi_azure_native.containerservice.ManagedCluster",
    required=("resource_group_name", "location", "dns_prefix", "agent_pool_profiles", "identity"),
    replaces=(
        "resource_name_",
        "resource_group_name",
        "location",
        "dns_prefix",
        "fqdn_subdomain",
        "disk_encryption_set_id",
        "linux_profile",
        "windows_profile",
        "node_resource_group",
        "network_profile.dns_service_ip",
        "network_profile.network_dataplane",
        "network_profile.network_mode",
        "network_profile.network_plugin",
        "network_profile.network_plugin_mode",
        "network_profile.network_policy",
        "network_profile.outbound_type",
        "network_profile.pod_cidr",
        "network_profile.service_cidr",
        "network_profile.service_cidrs",
    ),
    refused=(
        "kubernetes_version",
        "enable_rbac",
        "api_server_access_profile.enable_private_cluster",
        "agent_pool_profiles.os_disk_size_gb",
        "agent_pool_profiles.vm_size",
        "agent_pool_profiles.vnet_subnet_id",
    ),
    in_place=(
        "agent_pool_profiles.count",
        "api_server_access_profile.authorized_ip_ranges",
        "auto_upgrade_profile",
        "identity",
        "oidc_issuer_profile",
        "security_profile",
        "sku",
        "tags",
    ),
    name_input="resource_name_",
    name=CLUSTER_NAME,
    create_minutes=6,
    source=f"{_FORCED}; https://learn.microsoft.com/azure/aks/private-clusters",
)
NODE_POOL = TypeFacts(
    "azure-native:containerservice:AgentPool",
    "pulumi_azure_native.containerservice.AgentPool",
    required=("resource_group_name", "resource_name_", "vm_size"),
    replaces=("agent_pool_name", "resource_group_name", "resource_name_", "vm_size", "gpu_instance_profile"),
    refused=(
        "availability_zones",
        "enable_encryption_at_host",
        "enable_node_public_ip",
        "max_pods",
        "os_disk_size_gb",
        "os_disk_type",
        "os_type",
        "scale_set_priority",
        "spot_max_price",
        "vnet_subnet_id",
    ),
    in_place=("count", "enable_auto_scaling", "max_count", "min_count", "mode", "node_labels", "node_taints", "tags"),
    name_input="agent_pool_name",
    name=POOL_NAME,
    create_minutes=3,
    source=f"{_FORCED}; {_AZURERM}/containers/kubernetes_cluster_node_pool_resource.go",
)
WORKSPACE = TypeFacts(
    "azure-native:machinelearningservices:Workspace",
    "pulumi_azure_native.machinelearningservices.Workspace",
    required=("resource_group_name", "location", "identity", "storage_account", "key_vault", "application_insights"),
    replaces=("workspace_name", "resource_group_name"),
    refused=("container_registry", "encryption", "hbi_workspace", "key_vault", "kind", "location", "storage_account"),
    in_place=(
        "application_insights",
        "description",
        "friendly_name",
        "identity",
        "image_build_compute",
        "managed_network",
        "primary_user_assigned_identity",
        "public_network_access",
        "serverless_compute_settings",
        "system_datastores_auth_mode",
        "tags",
    ),
    name_input="workspace_name",
    name=WORKSPACE_NAME,
    create_minutes=2,
    source=f"{_SPECS} machinelearningservices; {_AZURERM}/machinelearning/machine_learning_workspace_resource.go",
)
COMPUTE = TypeFacts(
    "azure-native:machinelearningservices:Compute",
    "pulumi_azure_native.machinelearningservices.Compute",
    required=("resource_group_name", "workspace_name", "location", "properties"),
    replaces=("compute_name", "workspace_name", "resource_group_name"),
    refused=(
        "location",
        "properties.compute_type",
        "properties.properties.enable_node_public_ip",
        "properties.properties.remote_login_port_public_access",
        "properties.properties.subnet",
        "properties.properties.vm_priority",
        "properties.properties.vm_size",
    ),
    in_place=("properties.properties.scale_settings", "identity", "tags"),
    name_input="compute_name",
    name=COMPUTE_NAME,
    create_minutes=3,
    source=f"{_SPECS} machinelearningservices; {_AZURERM}/machinelearning/machine_learning_compute_cluster_resource.go",
)
INSIGHTS = TypeFacts(
    "azure-native:applicationinsights:Component",
    "pulumi_azure_native.applicationinsights.Component",
    required=("kind", "resource_group_name", "location", "workspace_resource_id"),
    replaces=("resource_name_", "resource_group_name", "location", "application_type"),
    in_place=("workspace_resource_id", "retention_in_days", "disable_ip_masking", "disable_local_auth", "tags"),
    name_input="resource_name_",
    create_minutes=0.3,
    source=f"{_SPECS} applicationinsights/resource-manager/Microsoft.Insights components_API.json",
)
LOGS = TypeFacts(
    "azure-native:operationalinsights:Workspace",
    "pulumi_azure_native.operationalinsights.Workspace",
    required=("resource_group_name", "location"),
    replaces=("workspace_name", "resource_group_name", "location"),
    in_place=("retention_in_days", "sku", "workspace_capping", "public_network_access_for_ingestion", "tags"),
    name_input="workspace_name",
    create_minutes=0.5,
    source=f"{_SPECS} operationalinsights/resource-manager/Microsoft.OperationalInsights Workspaces.json",
)
