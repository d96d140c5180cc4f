"""Owns the making of ``aws.bucket``: a bucket that is encrypted, versioned, closed to the public and asks for TLS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import s3

from ..component import Component
from .tags import tags

if TYPE_CHECKING:
    from ..component import Inputs

_UPLOADS_EXPIRE_DAYS = 7


class Bucket(Component):
    """An S3 bucket with what S3 keeps apart from it: versions, encryption, the way in, what expires."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("aws:bucket", name, inputs, opts)
        self.primary = self.bucket = s3.Bucket(
            name,
            bucket=inputs.text("name"),
            object_lock_enabled=inputs.flag("object_lock"),
            force_destroy=inputs.flag("force_destroy"),
            tags=tags(inputs),
            opts=self.child(),
        )
        self._keep_versions(inputs)
        self._encrypt(inputs)
        self._close(inputs)
        if inputs.given("expire_after_days") or inputs.given("noncurrent_expire_after_days"):
            self._expire(inputs)
        self.gives = {
            "uri": pulumi.Output.concat("s3://", self.bucket.id),
            "name": self.bucket.bucket,
            "arn": self.bucket.arn,
            "region": self.bucket.region,
            "id": self.bucket.id,
        }

    def _keep_versions(self, inputs: Inputs) -> None:
        status = "Enabled" if inputs.flag("versioning") else "Suspended"
        self.versioning = s3.BucketVersioning(
            f"{self.name}-versioning",
            bucket=self.bucket.bucket,
            versioning_configuration=s3.BucketVersioningVersioningConfigurationArgs(status=status),
            opts=self.child(),
        )

    def _encrypt(self, inputs: Inputs) -> None:
        key = inputs.optional("kms_key")
        default = s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="AES256" if key is None else "aws:kms", kms_master_key_id=key
        )
        rule = s3.BucketServerSideEncryptionConfigurationRuleArgs(
            apply_server_side_encryption_by_default=default, bucket_key_enabled=key is not None
        )
        s3.BucketServerSideEncryptionConfiguration(
            f"{self.name}-encryption", bucket=self.bucket.bucket, rules=[rule], opts=self.child()
        )

    def _close(self, inputs: Inputs) -> None:
        closed = not inputs.flag("public_access")
        block = s3.BucketPublicAccessBlock(
            f"{self.name}-public-access",
            bucket=self.bucket.bucket,
            block_public_acls=closed,
            block_public_policy=closed,
            ignore_public_acls=closed,
            restrict_public_buckets=closed,
            opts=self.child(),
        )
        s3.BucketPolicy(
            f"{self.name}-policy",
            bucket=self.bucket.bucket,
            policy=self.bucket.arn.apply(_tls_only),
            opts=self.child(depends_on=[block]),
        )

    def _expire(self, inputs: Inputs) -> None:
        rules = [
            s3.BucketLifecycleConfigurationRuleArgs(
                id="uploads",
                status="Enabled",
                filter=s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                abort_incomplete_multipart_upload=s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                    days_after_initiation=_UPLOADS_EXPIRE_DAYS
                ),
            )
        ]
        days, older = inputs.whole("expire_after_days"), inputs.whole("noncurrent_expire_after_days")
        if days is not None:
            rules.append(
                s3.BucketLifecycleConfigurationRuleArgs(
                    id="objects",
                    status="Enabled",
                    filter=s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    expiration=s3.BucketLifecycleConfigurationRuleExpirationArgs(days=days),
                )
            )
        if older is not None:
            rules.append(
                s3.BucketLifecycleConfigurationRuleArgs(
                    id="versions",
                    status="Enabled",
                    filter=s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    noncurrent_version_expiration=s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                        noncurrent_days=older
                    ),
                )
            )
        # S3 takes rules about versions only once versioning is set.
        s3.BucketLifecycleConfiguration(
            f"{self.name}-lifecycle",
            bucket=self.bucket.bucket,
            rules=rules,
            opts=self.child(depends_on=[self.versioning]),
        )


def _tls_only(arn: str) -> str:
    """The policy that refuses every request in the clear."""
    statement = {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
