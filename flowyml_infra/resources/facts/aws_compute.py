"""Owns the facts about AWS's types for compute, identity and networks; see ``facts.aws`` for where they were read."""

from __future__ import annotations

from flowyml_infra.resources.facts.type_facts import TypeFacts
from flowyml_infra.resources.naming import NameRule

_LETTERS = "letters, digits, hyphens and underscores, beginning with a letter or digit"
CLUSTER_NAME = NameRule(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}", 100, 1, _LETTERS, scope="the account and region")
NODE_GROUP_NAME = NameRule(r"[0-9A-Za-z][0-9A-Za-z_-]{0,62}", 63, 1, _LETTERS, scope="the cluster")
BATCH_NAME = NameRule(r"[0-9A-Za-z][0-9A-Za-z_-]{0,127}", 128, 1, _LETTERS, scope="the account and region")
ROLE_NAME = NameRule(r"[\w+=,.@-]{1,64}", 64, 1, "letters, digits and _ + = , . @ -", scope="the account")

CLUSTER = TypeFacts(
    "aws:eks/cluster:Cluster",
    "pulumi_aws.eks.Cluster",
    required=("role_arn", "vpc_config"),
    replaces=(
        "name",
        "role_arn",
        "bootstrap_self_managed_addons",
        "access_config.bootstrap_cluster_creator_admin_permissions",
        "kubernetes_network_config.ip_family",
        "kubernetes_network_config.service_ipv4_cidr",
        "outpost_config.control_plane_instance_type",
        "outpost_config.control_plane_placement.group_name",
        "region",
    ),
    sometimes=("encryption_config",),
    refused=("version", "access_config.authentication_mode"),
    in_place=(
        "vpc_config.subnet_ids",
        "vpc_config.security_group_ids",
        "vpc_config.endpoint_private_access",
        "vpc_config.endpoint_public_access",
        "vpc_config.public_access_cidrs",
        "enabled_cluster_log_types",
        "deletion_protection",
        "tags",
    ),
    name_input="name",
    name=CLUSTER_NAME,
    create_minutes=10,
    timeout_minutes=30,
    source="terraform-provider-aws eks/cluster.go; CloudFormation AWS::EKS::Cluster",
)
NODE_GROUP = TypeFacts(
    "aws:eks/nodeGroup:NodeGroup",
    "pulumi_aws.eks.NodeGroup",
    required=("cluster_name", "node_role_arn", "scaling_config", "subnet_ids"),
    replaces=(
        "cluster_name",
        "node_group_name",
        "node_group_name_prefix",
        "node_role_arn",
        "subnet_ids",
        "ami_type",
        "capacity_type",
        "disk_size",
        "instance_types",
        "launch_template.id",
        "launch_template.name",
        "remote_access",
        "region",
    ),
    in_place=("scaling_config", "labels", "taints", "update_config", "version", "release_version", "tags"),
    name_input="node_group_name",
    name=NODE_GROUP_NAME,
    create_minutes=4,
    timeout_minutes=60,
    source="terraform-provider-aws eks/node_group.go; CloudFormation AWS::EKS::Nodegroup",
)
COMPUTE_ENVIRONMENT = TypeFacts(
    "aws:batch/computeEnvironment:ComputeEnvironment",
    "pulumi_aws.batch.ComputeEnvironment",
    required=("type", "compute_resources"),
    replaces=(
        "name",
        "name_prefix",
        "type",
        "eks_configuration",
        "compute_resources.spot_iam_fleet_role",
        "compute_resources.placement_group",
        "region",
    ),
    in_place=(
        "state",
        "service_role",
        "update_policy",
        "compute_resources.allocation_strategy",
        "compute_resources.instance_role",
        "compute_resources.max_vcpus",
        "compute_resources.min_vcpus",
        "compute_resources.instance_types",
        "compute_resources.ec2_configurations",
        "compute_resources.subnets",
        "compute_resources.security_group_ids",
        "compute_resources.tags",
        "compute_resources.type",  # as long as Batch works in its own role
        "tags",
    ),
    name_input="name",
    name=BATCH_NAME,
    create_minutes=1,
    source="terraform-provider-aws batch/compute_environment.go and validate.go",
)
JOB_QUEUE = TypeFacts(
    "aws:batch/jobQueue:JobQueue",
    "pulumi_aws.batch.JobQueue",
    required=("priority", "state", "compute_environment_orders"),
    replaces=("name", "region"),
    refused=("scheduling_policy_arn",),
    in_place=("priority", "state", "compute_environment_orders", "job_state_time_limit_actions", "tags"),
    name_input="name",
    name=BATCH_NAME,
    create_minutes=0.5,
    timeout_minutes=10,
    source="terraform-provider-aws batch/job_queue.go",
)

ROLE = TypeFacts(
    "aws:iam/role:Role",
    "pulumi_aws.iam.Role",
    required=("assume_role_policy",),
    replaces=("name", "name_prefix", "path"),
    in_place=("assume_role_policy", "description", "max_session_duration", "permissions_boundary", "tags"),
    name_input="name",
    name=ROLE_NAME,
    create_minutes=0.2,
    source="terraform-provider-aws iam/role.go; CloudFormation AWS::IAM::Role",
)
ROLE_POLICY = TypeFacts(
    "aws:iam/rolePolicy:RolePolicy",
    "pulumi_aws.iam.RolePolicy",
    required=("policy", "role"),
    replaces=("name", "name_prefix", "role"),
    in_place=("policy",),
    source="terraform-provider-aws iam/role_policy.go",
)
ROLE_POLICY_ATTACHMENT = TypeFacts(
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "pulumi_aws.iam.RolePolicyAttachment",
    required=("policy_arn", "role"),
    replaces=("policy_arn", "role"),
    source="terraform-provider-aws iam/role_policy_attachment.go; pulumi-aws provider/resources.go",
)
OIDC_PROVIDER = TypeFacts(
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    "pulumi_aws.iam.OpenIdConnectProvider",
    required=("client_id_lists", "url"),
    replaces=("url",),
    in_place=("client_id_lists", "thumbprint_lists", "tags"),
    source="terraform-provider-aws iam/openid_connect_provider.go; CloudFormation AWS::IAM::OIDCProvider",
)
INSTANCE_PROFILE = TypeFacts(
    "aws:iam/instanceProfile:InstanceProfile",
    "pulumi_aws.iam.InstanceProfile",
    replaces=("name", "name_prefix", "path"),
    in_place=("role", "tags"),
    source="https://www.pulumi.com/registry/packages/aws/api-docs/iam/instanceprofile",
)

VPC = TypeFacts(
    "aws:ec2/vpc:Vpc",
    "pulumi_aws.ec2.Vpc",
    required=("cidr_block",),
    replaces=("cidr_block", "ipv4_ipam_pool_id", "ipv4_netmask_length", "region"),
    sometimes=("instance_tenancy",),
    in_place=("enable_dns_hostnames", "enable_dns_support", "assign_generated_ipv6_cidr_block", "tags"),
    create_minutes=0.3,
    source="terraform-provider-aws ec2/vpc_.go",
)
SUBNET = TypeFacts(
    "aws:ec2/subnet:Subnet",
    "pulumi_aws.ec2.Subnet",
    required=("vpc_id", "cidr_block"),
    replaces=("vpc_id", "cidr_block", "availability_zone", "availability_zone_id", "ipv6_native", "region"),
    in_place=("map_public_ip_on_launch", "tags"),
    create_minutes=0.3,
    timeout_minutes=10,
    source="terraform-provider-aws ec2/vpc_subnet.go",
)
SECURITY_GROUP = TypeFacts(
    "aws:ec2/securityGroup:SecurityGroup",
    "pulumi_aws.ec2.SecurityGroup",
    replaces=("name", "name_prefix", "description", "vpc_id", "region"),
    in_place=("ingress", "egress", "revoke_rules_on_delete", "tags"),
    timeout_minutes=10,
    source="terraform-provider-aws ec2/vpc_security_group.go; CloudFormation AWS::EC2::SecurityGroup",
)
GATEWAY = TypeFacts(
    "aws:ec2/internetGateway:InternetGateway",
    "pulumi_aws.ec2.InternetGateway",
    replaces=("region",),
    in_place=("vpc_id", "tags"),
    timeout_minutes=20,
    source="https://www.pulumi.com/registry/packages/aws/api-docs/ec2/internetgateway",
)
ADDRESS = TypeFacts(
    "aws:ec2/eip:Eip",
    "pulumi_aws.ec2.Eip",
    replaces=("domain", "region"),
    in_place=("tags",),
    timeout_minutes=15,
    source="https://www.pulumi.com/registry/packages/aws/api-docs/ec2/eip",
)
NAT_GATEWAY = TypeFacts(
    "aws:ec2/natGateway:NatGateway",
    "pulumi_aws.ec2.NatGateway",
    required=("subnet_id",),
    replaces=("allocation_id", "subnet_id", "connectivity_type", "region"),
    in_place=("tags",),
    create_minutes=2,
    timeout_minutes=10,
    source="https://www.pulumi.com/registry/packages/aws/api-docs/ec2/natgateway",
)
ROUTE_TABLE = TypeFacts(
    "aws:ec2/routeTable:RouteTable",
    "pulumi_aws.ec2.RouteTable",
    required=("vpc_id",),
    replaces=("vpc_id", "region"),
    in_place=("routes", "propagating_vgws", "tags"),
    timeout_minutes=5,
    source="https://www.pulumi.com/registry/packages/aws/api-docs/ec2/routetable",
)
ROUTE_TABLE_ASSOCIATION = TypeFacts(
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "pulumi_aws.ec2.RouteTableAssociation",
    required=("route_table_id", "subnet_id"),
    replaces=("subnet_id", "gateway_id", "region"),
    in_place=("route_table_id",),
    timeout_minutes=5,
    source="https://www.pulumi.com/registry/packages/aws/api-docs/ec2/routetableassociation",
)
