"""Owns the ids that things on AWS have by their inputs: names, and names of what they belong to with them.

Types are left out whose ids AWS makes up: networks and their parts, keys, versions of secrets, issuers, job queues.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi.runtime.rpc import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Find = Callable[[Mapping[str, Any]], str | None]


def _joined(separator: str, *names: str) -> Find:
    """The inputs of these names with ``separator`` between them; None while one of them is missing or not known."""

    def find(inputs: Mapping[str, Any]) -> str | None:
        values = [inputs.get(name) for name in names]
        texts = [value for value in values if isinstance(value, str) and value not in ("", UNKNOWN)]
        return separator.join(texts) if len(texts) == len(names) else None

    return find


_BUCKET, _NAME, _REPOSITORY = _joined("", "bucket"), _joined("", "name"), _joined("", "repository")

IDS: Mapping[str, Find] = {
    "aws:s3/bucket:Bucket": _BUCKET,
    "aws:s3/bucketVersioning:BucketVersioning": _BUCKET,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _BUCKET,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _BUCKET,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _BUCKET,
    "aws:s3/bucketPolicy:BucketPolicy": _BUCKET,
    "aws:ecr/repository:Repository": _NAME,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _REPOSITORY,
    # A server's own id is another one; it is found by its name all the same.
    "aws:rds/instance:Instance": _joined("", "identifier"),
    "aws:rds/subnetGroup:SubnetGroup": _NAME,
    "aws:eks/cluster:Cluster": _NAME,
    "aws:eks/nodeGroup:NodeGroup": _joined(":", "clusterName", "nodeGroupName"),
    "aws:iam/role:Role": _NAME,
    "aws:iam/rolePolicy:RolePolicy": _joined(":", "role", "name"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _joined("/", "role", "policyArn"),
    "aws:iam/instanceProfile:InstanceProfile": _NAME,
    "aws:batch/computeEnvironment:ComputeEnvironment": _NAME,
    # Secrets Manager takes the name wherever it takes the ARN.
    "aws:secretsmanager/secret:Secret": _NAME,
}
"""By type: the id that a thing with these inputs has, where it follows from them."""

UNTAGGED: frozenset[str] = frozenset(
    {
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "aws:secretsmanager/secretVersion:SecretVersion",
    }
)
"""Those of them that cannot carry tags: settings of something that does. Any other one without ours is foreign."""
