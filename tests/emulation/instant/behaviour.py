"""Owns what the official providers do when an input of a resource changes, as their own sources say it.

For AWS that is github.com/hashicorp/terraform-provider-aws, ``internal/service``. The schemas and ``CustomizeDiff``
functions of ECR, EKS, KMS, RDS, Secrets Manager, Batch, the roles and issuers of IAM, VPCs, subnets and NAT gateways
were read there; the parts of S3, the rights of IAM, firewalls, routes and addresses are as those providers are known to
behave, and were not read. RDS renames a server in place since version 5. For Kubernetes it is
``provider/pkg/provider/diff.go`` of github.com/pulumi/pulumi-kubernetes.

Nothing here comes from the package: it is what the package's own facts are held against.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Behaviour:
    """What a type's inputs do when they change. Paths are written as the engine writes them, without list positions.

    Attributes:
        replaces: The provider makes a new resource (``ForceNew``).
        kept: When they are left out, what is there stays as it is (``Optional`` and ``Computed``, or a missing block
            whose difference is suppressed).
        taken: Taking them away makes a new resource; all other changes happen in place.
        sets: Lists whose order means nothing, and documents in which that of lists means nothing
            (``SuppressEquivalentPolicyDiffs``).
        source: The file where that is written.
        regional: There is an input ``region`` beside the others, which replaces.
    """

    replaces: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    source: str = ""
    regional: bool = True


def _s3(source: str) -> Behaviour:
    return Behaviour(("bucket", "expectedBucketOwner"), source=source)


AWS = {
    "aws:s3/bucket:Bucket": Behaviour(
        ("bucket", "bucketPrefix", "objectLockEnabled"),
        ("bucket", "objectLockEnabled", "policy"),
        source="s3/bucket.go",
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _s3("s3/bucket_versioning.go"),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _s3(
        "s3/bucket_server_side_encryption_configuration.go"
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _s3("s3/bucket_public_access_block.go"),
    "aws:s3/bucketPolicy:BucketPolicy": _s3("s3/bucket_policy.go"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _s3("s3/bucket_lifecycle_configuration.go"),
    "aws:ecr/repository:Repository": Behaviour(
        ("name", "encryptionConfigurations"),
        ("encryptionConfigurations", "imageScanningConfiguration"),
        source="ecr/repository.go",
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Behaviour(("policy", "repository"), source="ecr/lifecycle_policy.go"),
    "aws:kms/key:Key": Behaviour(
        ("customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"),
        ("description", "multiRegion", "policy", "rotationPeriodInDays"),
        source="kms/key.go",
    ),
    "aws:secretsmanager/secret:Secret": Behaviour(
        ("name", "namePrefix"), ("policy",), source="secretsmanager/secret.go"
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": Behaviour(
        ("secretId", "secretBinary", "secretString"), ("versionStages",), source="secretsmanager/secret_version.go"
    ),
    "aws:rds/instance:Instance": Behaviour(
        (
            "availabilityZone",
            "characterSetName",
            "customIamInstanceProfile",
            "dbName",
            "engine",
            "kmsKeyId",
            "ncharCharacterSetName",
            "restoreToPointInTime",
            "snapshotIdentifier",
            "storageEncrypted",
            "timezone",
            "username",
        ),
        (
            "allocatedStorage",
            "availabilityZone",
            "backupRetentionPeriod",
            "dbName",
            "dbSubnetGroupName",
            "engine",
            "engineVersion",
            "identifier",
            "kmsKeyId",
            "multiAz",
            "storageType",
            "username",
            "vpcSecurityGroupIds",
        ),
        sets=("vpcSecurityGroupIds",),
        source="rds/instance.go",
    ),
    "aws:rds/subnetGroup:SubnetGroup": Behaviour(
        ("name", "namePrefix"), sets=("subnetIds",), source="rds/subnet_group.go"
    ),
    "aws:eks/cluster:Cluster": Behaviour(
        (
            "accessConfig.bootstrapClusterCreatorAdminPermissions",
            "bootstrapSelfManagedAddons",
            "kubernetesNetworkConfig.ipFamily",
            "kubernetesNetworkConfig.serviceIpv4Cidr",
            "name",
            "roleArn",
        ),
        ("accessConfig", "kubernetesNetworkConfig", "upgradePolicy", "version", "vpcConfig.publicAccessCidrs"),
        taken=("encryptionConfig",),
        sets=("enabledClusterLogTypes", "vpcConfig.securityGroupIds", "vpcConfig.subnetIds"),
        source="eks/cluster.go",
    ),
    "aws:eks/nodeGroup:NodeGroup": Behaviour(
        (
            "amiType",
            "capacityType",
            "clusterName",
            "diskSize",
            "instanceTypes",
            "launchTemplate.id",
            "launchTemplate.name",
            "nodeGroupName",
            "nodeGroupNamePrefix",
            "nodeRoleArn",
            "remoteAccess",
            "subnetIds",
        ),
        ("amiType", "capacityType", "diskSize", "instanceTypes", "releaseVersion", "updateConfig", "version"),
        sets=("subnetIds",),
        source="eks/node_group.go",
    ),
    # In place as long as Batch works in its own role and chooses machines as it may change them: its CustomizeDiff.
    "aws:batch/computeEnvironment:ComputeEnvironment": Behaviour(
        (
            "computeResources.placementGroup",
            "computeResources.spotIamFleetRole",
            "eksConfiguration",
            "name",
            "namePrefix",
            "type",
        ),
        ("computeResources.desiredVcpus", "computeResources.ec2Configurations", "serviceRole", "updatePolicy"),
        sets=("computeResources.instanceTypes", "computeResources.securityGroupIds", "computeResources.subnets"),
        source="batch/compute_environment.go",
    ),
    "aws:batch/jobQueue:JobQueue": Behaviour(("name",), source="batch/job_queue.go"),
    "aws:iam/role:Role": Behaviour(
        ("name", "namePrefix", "path"), sets=("assumeRolePolicy",), source="iam/role.go", regional=False
    ),
    "aws:iam/rolePolicy:RolePolicy": Behaviour(
        ("name", "namePrefix", "role"), sets=("policy",), source="iam/role_policy.go", regional=False
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Behaviour(
        ("policyArn", "role"), source="iam/role_policy_attachment.go", regional=False
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Behaviour(
        ("url",), ("thumbprintLists",), source="iam/openid_connect_provider.go", regional=False
    ),
    "aws:iam/instanceProfile:InstanceProfile": Behaviour(
        ("name", "namePrefix", "path"), source="iam/instance_profile.go", regional=False
    ),
    "aws:ec2/vpc:Vpc": Behaviour(
        ("cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"), ("cidrBlock", "enableDnsHostnames"), source="ec2/vpc_.go"
    ),
    "aws:ec2/subnet:Subnet": Behaviour(
        ("availabilityZone", "availabilityZoneId", "cidrBlock", "ipv6Native", "vpcId"),
        ("availabilityZone", "availabilityZoneId"),
        source="ec2/vpc_subnet.go",
    ),
    "aws:ec2/securityGroup:SecurityGroup": Behaviour(
        ("description", "name", "namePrefix", "vpcId"),
        ("egress", "ingress", "name", "vpcId"),
        source="ec2/vpc_security_group.go",
    ),
    "aws:ec2/internetGateway:InternetGateway": Behaviour((), ("vpcId",), source="ec2/vpc_internet_gateway.go"),
    "aws:ec2/eip:Eip": Behaviour(("domain",), ("domain",), source="ec2/ec2_eip.go"),
    "aws:ec2/natGateway:NatGateway": Behaviour(
        ("allocationId", "connectivityType", "privateIp", "subnetId"), ("privateIp",), source="ec2/vpc_nat_gateway.go"
    ),
    "aws:ec2/routeTable:RouteTable": Behaviour(("vpcId",), ("routes",), source="ec2/vpc_route_table.go"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Behaviour(
        ("gatewayId", "subnetId"), source="ec2/vpc_route_table_association.go"
    ),
}

_OBJECT = ("metadata.name", "metadata.namespace")
_SOURCE = "provider/pkg/provider/diff.go"


def _object(*replaces: str) -> Behaviour:
    return Behaviour((*_OBJECT, *replaces), source=_SOURCE, regional=False)


KUBERNETES = {
    "kubernetes:apps/v1:Deployment": _object("spec.selector"),
    "kubernetes:apps/v1:StatefulSet": _object(
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    "kubernetes:core/v1:LimitRange": _object(),
    "kubernetes:core/v1:Namespace": _object(),
    "kubernetes:core/v1:PersistentVolumeClaim": _object(
        "spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"
    ),
    "kubernetes:core/v1:ResourceQuota": _object("spec.scopes"),
    # The data as well, but for a provider with enableSecretMutable.
    "kubernetes:core/v1:Secret": _object("type"),
    "kubernetes:core/v1:Service": _object("spec.clusterIP"),
    "kubernetes:core/v1:ServiceAccount": _object(),
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": _object(),
    "kubernetes:rbac.authorization.k8s.io/v1:Role": _object(),
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": _object("roleRef"),
}
