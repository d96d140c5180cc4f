"""Owns the stand-in for the AWS provider: its configuration, its resource types and its functions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from tests.emulation.plugin.aws import (
    account_functions,
    batch_machines,
    batch_queue,
    ec2_firewall,
    ec2_gateways,
    ec2_lookups,
    ec2_network,
    ec2_routing,
    ecr_repository,
    eks_cluster,
    eks_node_group,
    iam_issuer,
    iam_rights,
    iam_role,
    kms_key,
    rds_instance,
    rds_subnet_group,
    s3_settings,
    secretsmanager_secret,
    tagged_things,
)
from tests.emulation.plugin.aws.account import Account, open_account
from tests.emulation.plugin.aws.functions import Function
from tests.emulation.plugin.aws.resource import Resource
from tests.emulation.plugin.aws.s3_bucket import Bucket
from tests.emulation.plugin.diffing import Difference, compare
from tests.emulation.plugin.failures import CheckFailure
from tests.emulation.plugin.handling import Checked, Properties

OPTIONS = {"region", "accessKey", "secretKey", "token", "profile", "version"} | {
    f"skip{what}" for what in ("CredentialsValidation", "RegionValidation", "RequestingAccountId", "MetadataApiCheck")
}
RESOURCES: dict[str, type[Resource]] = {
    "aws:s3/bucket:Bucket": Bucket,
    "aws:s3/bucketVersioning:BucketVersioning": s3_settings.Versioning,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": s3_settings.Encryption,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": s3_settings.PublicAccessBlock,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": s3_settings.Lifecycle,
    "aws:s3/bucketPolicy:BucketPolicy": s3_settings.Policy,
    "aws:ec2/vpc:Vpc": ec2_network.Vpc,
    "aws:ec2/subnet:Subnet": ec2_network.Subnet,
    "aws:ec2/internetGateway:InternetGateway": ec2_gateways.InternetGateway,
    "aws:ec2/eip:Eip": ec2_gateways.Eip,
    "aws:ec2/natGateway:NatGateway": ec2_gateways.NatGateway,
    "aws:ec2/routeTable:RouteTable": ec2_routing.RouteTable,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": ec2_routing.RouteTableAssociation,
    "aws:ec2/securityGroup:SecurityGroup": ec2_firewall.SecurityGroup,
    "aws:iam/role:Role": iam_role.Role,
    "aws:iam/instanceProfile:InstanceProfile": iam_role.InstanceProfile,
    "aws:iam/rolePolicy:RolePolicy": iam_rights.RolePolicy,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": iam_rights.RolePolicyAttachment,
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": iam_issuer.OpenIdConnectProvider,
    "aws:kms/key:Key": kms_key.Key,
    "aws:secretsmanager/secret:Secret": secretsmanager_secret.Secret,
    "aws:secretsmanager/secretVersion:SecretVersion": secretsmanager_secret.SecretVersion,
    "aws:ecr/repository:Repository": ecr_repository.Repository,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": ecr_repository.LifecyclePolicy,
    "aws:rds/instance:Instance": rds_instance.Instance,
    "aws:rds/subnetGroup:SubnetGroup": rds_subnet_group.SubnetGroup,
    "aws:eks/cluster:Cluster": eks_cluster.Cluster,
    "aws:eks/nodeGroup:NodeGroup": eks_node_group.NodeGroup,
    "aws:batch/computeEnvironment:ComputeEnvironment": batch_machines.ComputeEnvironment,
    "aws:batch/jobQueue:JobQueue": batch_queue.JobQueue,
}

FUNCTIONS: dict[str, Function] = {
    "aws:index/getCallerIdentity:getCallerIdentity": account_functions.CALLER,
    "aws:index/getRegion:getRegion": account_functions.REGION,
    "aws:index/getAvailabilityZones:getAvailabilityZones": ec2_lookups.ZONES,
    "aws:ec2/getSubnets:getSubnets": ec2_lookups.SUBNETS,
    "aws:ec2/getSubnet:getSubnet": ec2_lookups.SUBNET,
    "aws:ec2/getSecurityGroup:getSecurityGroup": ec2_lookups.SECURITY_GROUP,
    "aws:ec2/getRouteTable:getRouteTable": ec2_lookups.ROUTE_TABLE,
    "aws:secretsmanager/getSecretVersions:getSecretVersions": secretsmanager_secret.VERSIONS,
    "aws:resourcegroupstaggingapi/getResources:getResources": tagged_things.RESOURCES,
}


class Provider:
    """One configured AWS provider."""

    def __init__(self) -> None:
        self.config: Properties = {}
        self._account: Account | None = None
        self.functions: Mapping[str, Callable[[Properties], Properties]] = {
            token: functools.partial(self._ask, function) for token, function in FUNCTIONS.items()
        }

    def check_config(self, news: Properties) -> Checked:
        unknown = [name for name in news if name not in OPTIONS]
        return Checked(news, tuple(CheckFailure(name, "the stand-in has no such option") for name in unknown))

    def diff_config(self, olds: Properties, news: Properties) -> Difference:
        # Another region replaces the resources, by their own input `region`, and not the provider.
        return Difference(tuple(compare(olds, news)))

    def configure(self, config: Properties) -> None:
        # The official provider tries its credentials here, and fails the deployment before its first step.
        self.config = config
        self._account = open_account(config)

    def handler(self, token: str) -> Resource | None:
        made = RESOURCES.get(token)
        return made(self.account) if made else None

    @property
    def account(self) -> Account:
        if self._account is None:
            self._account = open_account(self.config)
        return self._account

    def _ask(self, function: Function, arguments: Properties) -> Properties:
        return function.answer(self.account, arguments)
