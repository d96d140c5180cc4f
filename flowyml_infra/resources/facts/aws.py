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
BUCKET_POLICY = TypeFacts(
    "aws:s3/bucketPolicy:BucketPolicy",
    "pulumi_aws.s3.BucketPolicy",
    required=("bucket", "policy"),
    replaces=("bucket", "region"),
    in_place=("policy",),
    source="terraform-provider-aws s3/bucket_policy.go",
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

REPOSITORY_NAME = NameRule(
    pattern=r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*",
    longest=256,
    shortest=2,
    wording="lower-case letters and digits, with single dots, underscores, hyphens and slashes between them",
    scope="the account and region",
)
REPOSITORY = TypeFacts(
    "aws:ecr/repository:Repository",
    "pulumi_aws.ecr.Repository",
    replaces=("name", "encryption_configurations", "region"),
    in_place=("image_tag_mutability", "image_scanning_configuration", "force_delete", "tags"),
    name_input="name",
    name=REPOSITORY_NAME,
    timeout_minutes=20,
    source="terraform-provider-aws ecr/repository.go; CloudFormation AWS::ECR::Repository",
)
REPOSITORY_LIFECYCLE = TypeFacts(
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "pulumi_aws.ecr.LifecyclePolicy",
    required=("policy", "repository"),
    # There is no operation that changes a policy, so the provider makes another.
    replaces=("policy", "repository", "region"),
    source="terraform-provider-aws ecr/lifecycle_policy.go",
)

KEY = TypeFacts(
    "aws:kms/key:Key",
    "pulumi_aws.kms.Key",
    replaces=(
        "customer_master_key_spec",
        "key_usage",
        "multi_region",
        "custom_key_store_id",
        "xks_key_id",
        "region",
    ),
    in_place=(
        "description",
        "policy",
        "enable_key_rotation",
        "rotation_period_in_days",
        "is_enabled",
        "deletion_window_in_days",
        "tags",
    ),
    create_minutes=0.2,
    source="terraform-provider-aws kms/key.go",
)

SECRET_NAME = NameRule(
    pattern=r"[0-9A-Za-z/_+=.@-]{1,512}",
    longest=512,
    shortest=1,
    wording="letters, digits and / _ + = . @ -",
    scope="the account and region",
)
SECRET = TypeFacts(
    "aws:secretsmanager/secret:Secret",
    "pulumi_aws.secretsmanager.Secret",
    replaces=("name", "name_prefix", "region"),
    in_place=("description", "kms_key_id", "policy", "recovery_window_in_days", "tags"),
    name_input="name",
    name=SECRET_NAME,
    source="terraform-provider-aws secretsmanager/secret.go",
)
SECRET_VERSION = TypeFacts(
    "aws:secretsmanager/secretVersion:SecretVersion",
    "pulumi_aws.secretsmanager.SecretVersion",
    required=("secret_id", "secret_string"),
    # A new value is a new version, which then becomes the current one.
    replaces=("secret_id", "secret_string", "secret_binary", "region"),
    in_place=("version_stages",),
    source="terraform-provider-aws secretsmanager/secret_version.go",
)

DATABASE_NAME = NameRule(
    pattern=r"[a-z](?:-?[a-z0-9]){0,62}",
    longest=63,
    shortest=1,
    wording="lower-case letters, digits and single hyphens, beginning with a letter",
    scope="the account and region",
)
DATABASE = TypeFacts(
    "aws:rds/instance:Instance",
    "pulumi_aws.rds.Instance",
    required=("instance_class", "engine", "allocated_storage", "username"),
    replaces=(
        "availability_zone",
        "backup_target",
        "character_set_name",
        "custom_iam_instance_profile",
        "db_name",
        "engine",
        "kms_key_id",
        "nchar_character_set_name",
        "restore_to_point_in_time",
        "s3_import",
        "snapshot_identifier",
        "storage_encrypted",
        "timezone",
        "username",
        "region",
    ),
    refused=("allocated_storage", "engine_version"),
    in_place=(
        "identifier",  # a rename: the host in the endpoint changes with it
        "allow_major_version_upgrade",
        "apply_immediately",
        "copy_tags_to_snapshot",
        "final_snapshot_identifier",
        "instance_class",
        "max_allocated_storage",
        "multi_az",
        "storage_type",
        "manage_master_user_password",
        "vpc_security_group_ids",
        "db_subnet_group_name",
        "backup_retention_period",
        "deletion_protection",
        "publicly_accessible",
        "skip_final_snapshot",
        "tags",
    ),
    name_input="identifier",
    name=DATABASE_NAME,
    create_minutes=8,
    timeout_minutes=40,
    source="terraform-provider-aws rds/instance.go and validate.go; CloudFormation AWS::RDS::DBInstance",
)
SUBNET_GROUP = TypeFacts(
    "aws:rds/subnetGroup:SubnetGroup",
    "pulumi_aws.rds.SubnetGroup",
    required=("subnet_ids",),
    replaces=("name", "name_prefix", "region"),
    in_place=("subnet_ids", "description", "tags"),
    create_minutes=0.2,
    source="terraform-provider-aws rds/subnet_group.go",
)
