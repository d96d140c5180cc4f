"""Owns the facts about the resource types of ``pulumi_aws`` 7 that the kinds on AWS are made of.

Read in the Terraform provider's ``internal/service`` folders, the CloudFormation registry schemas and the SDK itself.
Every type has an input ``region``, and a change of it makes a new resource.
"""

from __future__ import annotations

from flowyml_infra.resources.facts.type_facts import TypeFacts
from flowyml_infra.resources.naming import NameRule

BUCKET_NAME = NameRule(
    # No address, no ".." and none of the prefixes and suffixes that S3 keeps for itself.
    pattern=(
        r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)(?!\d{1,3}(\.\d{1,3}){3}$)"
        r"(?!.*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
    ),
    longest=63,
    shortest=3,
    wording="lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit",
    scope="the whole of Amazon S3",
)

BUCKET = TypeFacts(
    "aws:s3/bucket:Bucket",
    "pulumi_aws.s3.Bucket",
    replaces=("bucket", "bucket_prefix", "bucket_namespace", "object_lock_enabled", "region"),
    in_place=("force_destroy", "tags"),
    name_input="bucket",
    name=BUCKET_NAME,
    create_minutes=0.2,
    timeout_minutes=20,
    source="terraform-provider-aws s3/bucket.go; CloudFormation AWS::S3::Bucket",
)
BUCKET_VERSIONING = TypeFacts(
    "aws:s3/bucketVersioning:BucketVersioning",
    "pulumi_aws.s3.BucketVersioning",
    required=("bucket", "versioning_configuration"),
    replaces=("bucket", "expected_bucket_owner", "region"),
    in_place=("versioning_configuration", "mfa"),
    source="terraform-provider-aws s3/bucket_versioning.go",
)
BUCKET_ENCRYPTION = TypeFacts(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "pulumi_aws.s3.BucketServerSideEncryptionConfiguration",
    required=("bucket", "rules"),
    replaces=("bucket", "expected_bucket_owner", "region"),
    in_place=("rules",),
    source="terraform-provider-aws s3/bucket_server_side_encryption_configuration.go",
)
BUCKET_PUBLIC_ACCESS = TypeFacts(
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "pulumi_aws.s3.BucketPublicAccessBlock",
    required=("bucket",),
    replaces=("bucket", "region"),
    in_place=("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"),
    source="terraform-provider-aws s3/bucket_public_access_block.go",
)
BUCKET_LIFECYCLE = TypeFacts(
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "pulumi_aws.s3.BucketLifecycleConfiguration",
    required=("bucket", "rules"),
    replaces=("bucket", "expected_bucket_owner", "region"),
    in_place=("rules", "transition_default_minimum_object_size"),
    create_minutes=1,
    source="terraform-provider-aws s3/bucket_lifecycle_configuration.go",
)
