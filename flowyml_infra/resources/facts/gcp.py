"""Owns the facts about the resource types of ``pulumi_gcp`` 10 that the kinds on Google Cloud are made of.

Read in the Terraform provider's ``google/services`` folders and in the SDK itself. A change of ``project`` makes a new
resource wherever there is one.
"""

from __future__ import annotations

from flowyml_infra.resources.facts.type_facts import TypeFacts
from flowyml_infra.resources.naming import NameRule

_LOWER = "lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen"
BUCKET_NAME = NameRule(
    r"(?!goog)(?!.*google)(?!.*\.\.)[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]",
    63,
    3,
    "lower-case letters, digits, hyphens, underscores and dots, without 'google'",
    scope="the whole of Cloud Storage",
)
REPOSITORY_NAME = NameRule(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", 63, 1, _LOWER, scope="the project and region")
SECRET_NAME = NameRule(r"[A-Za-z0-9_-]{1,255}", 255, 1, "letters, digits, hyphens and underscores", scope="the project")
ACCOUNT_NAME = NameRule(r"[a-z][-a-z0-9]{4,28}[a-z0-9]", 30, 6, _LOWER, scope="the project")
DISPLAY_NAME = NameRule(r"[A-Za-z0-9_-]{1,128}", 128, 1, "letters, digits, hyphens and underscores")

BUCKET = TypeFacts(
    "gcp:storage/bucket:Bucket",
    "pulumi_gcp.storage.Bucket",
    required=("location",),
    replaces=("name", "location", "project", "enable_object_retention", "hierarchical_namespace"),
    sometimes=("retention_policy.is_locked",),
    in_place=(
        "storage_class",
        "versioning",
        "labels",
        "uniform_bucket_level_access",
        "public_access_prevention",
        "lifecycle_rules",
        "soft_delete_policy",
        "encryption",
        "force_destroy",
    ),
    name_input="name",
    name=BUCKET_NAME,
    timeout_minutes=10,
    source="terraform-provider-google storage/resource_storage_bucket.go",
)
BUCKET_MEMBER = TypeFacts(
    "gcp:storage/bucketIAMMember:BucketIAMMember",
    "pulumi_gcp.storage.BucketIAMMember",
    required=("bucket", "member", "role"),
    replaces=("bucket", "member", "role", "condition"),
    create_minutes=0.2,
    source="terraform-provider-google storage/iam_storage_bucket.go",
)
REPOSITORY = TypeFacts(
    "gcp:artifactregistry/repository:Repository",
    "pulumi_gcp.artifactregistry.Repository",
    required=("format", "repository_id", "location"),
    replaces=("repository_id", "format", "location", "project", "mode", "kms_key_name", "remote_repository_config"),
    in_place=(
        "description",
        "labels",
        "cleanup_policies",
        "docker_config.immutable_tags",
        "vulnerability_scanning_config",
    ),
    name_input="repository_id",
    name=REPOSITORY_NAME,
    create_minutes=0.3,
    timeout_minutes=20,
    source="terraform-provider-google artifactregistry/resource_artifact_registry_repository.go",
)
REPOSITORY_MEMBER = TypeFacts(
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
    "pulumi_gcp.artifactregistry.RepositoryIamMember",
    required=("repository", "member", "role"),
    replaces=("repository", "member", "role", "condition", "location", "project"),
    create_minutes=0.2,
    source="terraform-provider-google tpgiamresource/resource_iam_member.go",
)
SECRET = TypeFacts(
    "gcp:secretmanager/secret:Secret",
    "pulumi_gcp.secretmanager.Secret",
    required=("replication",),
    replaces=("secret_id", "project", "replication.auto", "replication.user_managed", "tags"),
    in_place=("labels", "annotations", "rotation", "topics", "ttl", "version_destroy_ttl", "deletion_protection"),
    name_input="secret_id",
    name=SECRET_NAME,
    timeout_minutes=20,
    source="terraform-provider-google secretmanager/resource_secret_manager_secret.go",
)
SECRET_VERSION = TypeFacts(
    "gcp:secretmanager/secretVersion:SecretVersion",
    "pulumi_gcp.secretmanager.SecretVersion",
    required=("secret",),
    replaces=("secret", "secret_data", "secret_data_wo_version", "is_secret_data_base64", "project"),
    in_place=("enabled", "deletion_policy"),
    timeout_minutes=20,
    source="terraform-provider-google secretmanager/resource_secret_manager_secret_version.go",
)
SERVICE = TypeFacts(
    "gcp:projects/service:Service",
    "pulumi_gcp.projects.Service",
    required=("service",),
    replaces=("service", "project"),
    in_place=("disable_on_destroy", "disable_dependent_services"),
    create_minutes=0.5,
    timeout_minutes=20,
    source="terraform-provider-google resourcemanager/resource_google_project_service.go",
)
TENSORBOARD = TypeFacts(
    "gcp:vertex/aiTensorboard:AiTensorboard",
    "pulumi_gcp.vertex.AiTensorboard",
    required=("display_name",),
    replaces=("region", "project", "encryption_spec"),
    in_place=("display_name", "description", "labels"),
    name_input="display_name",
    name=DISPLAY_NAME,
    create_minutes=1,
    timeout_minutes=20,
    source="terraform-provider-google vertexai/resource_vertex_ai_tensorboard.go",
)
ACCOUNT = TypeFacts(
    "gcp:serviceaccount/account:Account",
    "pulumi_gcp.serviceaccount.Account",
    replaces=("account_id", "project"),
    in_place=("display_name", "description", "disabled"),
    name_input="account_id",
    name=ACCOUNT_NAME,
    create_minutes=0.2,
    timeout_minutes=5,
    source="terraform-provider-google resourcemanager/resource_google_service_account.go",
)
PROJECT_MEMBER = TypeFacts(
    "gcp:projects/iAMMember:IAMMember",
    "pulumi_gcp.projects.IAMMember",
    required=("member", "project", "role"),
    replaces=("member", "role", "project", "condition"),
    create_minutes=0.3,
    source="terraform-provider-google resourcemanager/iam_project.go; pulumi-gcp provider/resources.go",
)
