"""Owns the facts about Google Cloud's types for databases, keys, networks and clusters; see ``facts.gcp``."""

from __future__ import annotations

from flowyml_infra.resources.facts.type_facts import TypeFacts
from flowyml_infra.resources.naming import NameRule

_LOWER = "lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen"
DATABASE_NAME = NameRule(r"[a-z]([a-z0-9-]{0,95}[a-z0-9])?", 97, 1, _LOWER, scope="the project, for a week after it")
NETWORK_NAME = NameRule(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", 63, 1, _LOWER, scope="the project")
KEY_NAME = NameRule(
    r"[A-Za-z0-9_-]{1,63}", 63, 1, "letters, digits, hyphens and underscores", scope="the project, forever"
)
CLUSTER_NAME = NameRule(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?", 40, 1, _LOWER, scope="the project and region")
POOL_NAME = NameRule(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?", 40, 1, _LOWER, scope="the cluster")

DATABASE = TypeFacts(
    "gcp:sql/databaseInstance:DatabaseInstance",
    "pulumi_gcp.sql.DatabaseInstance",
    required=("database_version", "settings.tier", "region"),
    replaces=("name", "region", "project", "encryption_key_name", "settings.collation"),
    sometimes=("settings.disk_size", "settings.ip_configuration.private_network", "settings.auto_upgrade_enabled"),
    refused=("database_version",),
    in_place=(
        "settings.disk_autoresize",
        "settings.disk_type",
        "settings.availability_type",
        "settings.backup_configuration",
        "settings.ip_configuration",
        "settings.user_labels",
        "settings.deletion_protection_enabled",
        "deletion_protection",
    ),
    name_input="name",
    name=DATABASE_NAME,
    create_minutes=8,
    timeout_minutes=90,
    source="terraform-provider-google sql/resource_sql_database_instance.go",
)
DATABASE_ON_SERVER = TypeFacts(
    "gcp:sql/database:Database",
    "pulumi_gcp.sql.Database",
    required=("instance",),
    replaces=("name", "instance", "project"),
    refused=("charset", "collation"),
    create_minutes=0.3,
    timeout_minutes=20,
    source="terraform-provider-google sql/resource_sql_database.go",
)
DATABASE_USER = TypeFacts(
    "gcp:sql/user:User",
    "pulumi_gcp.sql.User",
    required=("instance",),
    replaces=("name", "instance", "host", "type", "project"),
    in_place=("password", "password_policy"),
    create_minutes=0.3,
    timeout_minutes=10,
    source="terraform-provider-google sql/resource_sql_user.go",
)
NETWORK = TypeFacts(
    "gcp:compute/network:Network",
    "pulumi_gcp.compute.Network",
    replaces=("name", "auto_create_subnetworks", "description", "project"),
    in_place=("routing_mode", "mtu"),
    name_input="name",
    name=NETWORK_NAME,
    create_minutes=0.5,
    timeout_minutes=20,
    source="terraform-provider-google compute/resource_compute_network.go",
)
SUBNETWORK = TypeFacts(
    "gcp:compute/subnetwork:Subnetwork",
    "pulumi_gcp.compute.Subnetwork",
    required=("network", "ip_cidr_range", "region"),
    replaces=("name", "network", "region", "project", "description"),
    sometimes=("ip_cidr_range",),
    in_place=("private_ip_google_access", "secondary_ip_ranges", "log_config"),
    create_minutes=0.5,
    timeout_minutes=20,
    source="terraform-provider-google compute/resource_compute_subnetwork.go",
)
ROUTER = TypeFacts(
    "gcp:compute/router:Router",
    "pulumi_gcp.compute.Router",
    required=("network",),
    replaces=("name", "network", "region", "project"),
    in_place=("bgp", "description"),
    create_minutes=0.3,
    timeout_minutes=20,
    source="https://www.pulumi.com/registry/packages/gcp/api-docs/compute/router",
)
ROUTER_NAT = TypeFacts(
    "gcp:compute/routerNat:RouterNat",
    "pulumi_gcp.compute.RouterNat",
    required=("router", "source_subnetwork_ip_ranges_to_nat"),
    replaces=("name", "router", "region", "project"),
    in_place=("nat_ip_allocate_option", "log_config"),
    create_minutes=0.3,
    timeout_minutes=20,
    source="https://www.pulumi.com/registry/packages/gcp/api-docs/compute/routernat",
)
KEY_RING = TypeFacts(
    "gcp:kms/keyRing:KeyRing",
    "pulumi_gcp.kms.KeyRing",
    required=("location",),
    replaces=("name", "location", "project"),
    timeout_minutes=20,
    source="https://www.pulumi.com/registry/packages/gcp/api-docs/kms/keyring",
)
KEY = TypeFacts(
    "gcp:kms/cryptoKey:CryptoKey",
    "pulumi_gcp.kms.CryptoKey",
    required=("key_ring",),
    replaces=("name", "key_ring", "purpose", "destroy_scheduled_duration", "import_only"),
    in_place=("rotation_period", "labels", "version_template"),
    name_input="name",
    name=KEY_NAME,
    timeout_minutes=20,
    source="https://www.pulumi.com/registry/packages/gcp/api-docs/kms/cryptokey",
)
CLUSTER = TypeFacts(
    "gcp:container/cluster:Cluster",
    "pulumi_gcp.container.Cluster",
    required=("location", "initial_node_count"),
    replaces=(
        "name",
        "location",
        "project",
        "network",
        "subnetwork",
        "initial_node_count",
        "enable_autopilot",
        "ip_allocation_policy",
        "private_cluster_config.master_ipv4_cidr_block",
    ),
    in_place=(
        "min_master_version",
        "release_channel",
        "resource_labels",
        "private_cluster_config.enable_private_endpoint",
        "workload_identity_config",
        "database_encryption",
        "deletion_protection",
    ),
    name_input="name",
    name=CLUSTER_NAME,
    create_minutes=8,
    timeout_minutes=90,
    source="terraform-provider-google container/resource_container_cluster.go",
)
NODE_POOL = TypeFacts(
    "gcp:container/nodePool:NodePool",
    "pulumi_gcp.container.NodePool",
    required=("cluster",),
    replaces=(
        "name",
        "cluster",
        "location",
        "project",
        "initial_node_count",
        "max_pods_per_node",
        "node_config.guest_accelerators",
        "node_config.service_account",
        "node_config.preemptible",
        "node_config.spot",
    ),
    in_place=(
        "node_count",
        "autoscaling",
        "version",
        "node_config.machine_type",
        "node_config.disk_size_gb",
        "node_config.labels",
        "node_config.resource_labels",
    ),
    name_input="name",
    name=POOL_NAME,
    create_minutes=2,
    timeout_minutes=120,
    source="terraform-provider-google container/resource_container_node_pool.go and node_config.go",
)
