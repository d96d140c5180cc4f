"""Owns which resource type of Terraform's a thing of the engine's is, where Terraform imports it by the same id.

AWS and Google Cloud: the engine's providers are made from Terraform's. Azure: both go by the path in Azure Resource
Manager. Kubernetes: both by ``NAMESPACE/NAME``. What Terraform imports by something else, such as the members of
policies on Google Cloud, is left out. Sources are those of the modules beside this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_AWS: Final = {
    "batch/computeEnvironment:ComputeEnvironment": "batch_compute_environment",
    "batch/jobQueue:JobQueue": "batch_job_queue",
    "ec2/eip:Eip": "eip",
    "ec2/internetGateway:InternetGateway": "internet_gateway",
    "ec2/natGateway:NatGateway": "nat_gateway",
    "ec2/routeTable:RouteTable": "route_table",
    "ec2/securityGroup:SecurityGroup": "security_group",
    "ec2/subnet:Subnet": "subnet",
    "ec2/vpc:Vpc": "vpc",
    "ecr/lifecyclePolicy:LifecyclePolicy": "ecr_lifecycle_policy",
    "ecr/repository:Repository": "ecr_repository",
    "eks/cluster:Cluster": "eks_cluster",
    "eks/nodeGroup:NodeGroup": "eks_node_group",
    "iam/instanceProfile:InstanceProfile": "iam_instance_profile",
    "iam/openIdConnectProvider:OpenIdConnectProvider": "iam_openid_connect_provider",
    "iam/role:Role": "iam_role",
    "iam/rolePolicy:RolePolicy": "iam_role_policy",
    "kms/key:Key": "kms_key",
    "rds/instance:Instance": "db_instance",
    "rds/subnetGroup:SubnetGroup": "db_subnet_group",
    "s3/bucket:Bucket": "s3_bucket",
    "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "s3_bucket_lifecycle_configuration",
    "s3/bucketPolicy:BucketPolicy": "s3_bucket_policy",
    "s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "s3_bucket_public_access_block",
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "s3_bucket_server_side_encryption_configuration"
    ),
    "s3/bucketVersioning:BucketVersioning": "s3_bucket_versioning",
    "secretsmanager/secret:Secret": "secretsmanager_secret",
    "secretsmanager/secretVersion:SecretVersion": "secretsmanager_secret_version",
}
_GCP: Final = {
    "artifactregistry/repository:Repository": "artifact_registry_repository",
    "compute/network:Network": "compute_network",
    "compute/router:Router": "compute_router",
    "compute/routerNat:RouterNat": "compute_router_nat",
    "compute/subnetwork:Subnetwork": "compute_subnetwork",
    "container/cluster:Cluster": "container_cluster",
    "container/nodePool:NodePool": "container_node_pool",
    "kms/cryptoKey:CryptoKey": "kms_crypto_key",
    "kms/keyRing:KeyRing": "kms_key_ring",
    "projects/service:Service": "project_service",
    "secretmanager/secret:Secret": "secret_manager_secret",
    "secretmanager/secretVersion:SecretVersion": "secret_manager_secret_version",
    "serviceaccount/account:Account": "service_account",
    "sql/database:Database": "sql_database",
    "sql/databaseInstance:DatabaseInstance": "sql_database_instance",
    "storage/bucket:Bucket": "storage_bucket",
    "vertex/aiTensorboard:AiTensorboard": "vertex_ai_tensorboard",
}
_AZURE: Final = {
    "containerregistry:Registry": "container_registry",
    "containerservice:AgentPool": "kubernetes_cluster_node_pool",
    "containerservice:ManagedCluster": "kubernetes_cluster",
    "dbforpostgresql:Database": "postgresql_flexible_server_database",
    "dbforpostgresql:FirewallRule": "postgresql_flexible_server_firewall_rule",
    "dbforpostgresql:Server": "postgresql_flexible_server",
    "keyvault:Vault": "key_vault",
    "machinelearningservices:Workspace": "machine_learning_workspace",
    "managedidentity:FederatedIdentityCredential": "federated_identity_credential",
    "managedidentity:UserAssignedIdentity": "user_assigned_identity",
    "network:NatGateway": "nat_gateway",
    "network:NetworkSecurityGroup": "network_security_group",
    "network:PublicIPAddress": "public_ip",
    "network:Subnet": "subnet",
    "network:VirtualNetwork": "virtual_network",
    "operationalinsights:Workspace": "log_analytics_workspace",
    "privatedns:PrivateZone": "private_dns_zone",
    "privatedns:VirtualNetworkLink": "private_dns_zone_virtual_network_link",
    "resources:ResourceGroup": "resource_group",
    "storage:StorageAccount": "storage_account",
}
_KUBERNETES: Final = {
    "apps/v1:Deployment": "deployment_v1",
    "apps/v1:StatefulSet": "stateful_set_v1",
    "core/v1:LimitRange": "limit_range_v1",
    "core/v1:Namespace": "namespace_v1",
    "core/v1:PersistentVolumeClaim": "persistent_volume_claim_v1",
    "core/v1:ResourceQuota": "resource_quota_v1",
    "core/v1:Secret": "secret_v1",
    "core/v1:Service": "service_v1",
    "core/v1:ServiceAccount": "service_account_v1",
    "networking.k8s.io/v1:NetworkPolicy": "network_policy_v1",
    "rbac.authorization.k8s.io/v1:Role": "role_v1",
    "rbac.authorization.k8s.io/v1:RoleBinding": "role_binding_v1",
}

TOKENS: Final[Mapping[str, str]] = {
    f"{package}:{token}": f"{provider}_{name}"
    for package, provider, names in (
        ("aws", "aws", _AWS),
        ("gcp", "google", _GCP),
        ("azure-native", "azurerm", _AZURE),
        ("kubernetes", "kubernetes", _KUBERNETES),
    )
    for token, name in names.items()
}
"""By the engine's type token: Terraform's resource type."""

BY_NAME: Final[frozenset[str]] = frozenset({"aws:rds/instance:Instance"})
"""Those that Terraform imports by the name of the resource, though the engine knows them by an id that AWS made up."""
