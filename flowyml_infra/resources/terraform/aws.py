"""Owns which resource types of Terraform's ``aws`` provider the kinds on AWS stand for.

The engine's provider is made from Terraform's, so ids are the same. Attributes and ids were read in the provider's
documentation, https://registry.terraform.io/providers/hashicorp/aws/latest/docs, and in the section on imports of each
class of ``pulumi_aws`` 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.terraform.terraform_type import TerraformType, attribute, either

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.terraform.terraform_type import Attributes


def _region_in_arn(attributes: Attributes) -> str | None:
    """The region in ``arn:aws:SERVICE:REGION:ACCOUNT:…``; releases before 6 have no attribute for it."""
    _, _, _, region, *rest = f"{attributes.text('arn') or ''}::::".split(":")
    return region or None if any(rest) else None


_REGION: Final = either(attribute("region"), _region_in_arn)

TYPES: Final = (
    TerraformType("aws_s3_bucket", "aws.bucket", attribute("bucket"), {"name": attribute("bucket"), "region": _REGION}),
    TerraformType(
        "aws_ecr_repository", "aws.registry", attribute("name"), {"name": attribute("name"), "region": _REGION}
    ),
    # Since release 5 the id is one that AWS makes up, which imports do not take.
    TerraformType(
        "aws_db_instance",
        "aws.database",
        attribute("identifier"),
        {"name": attribute("identifier"), "region": _REGION},
    ),
    TerraformType("aws_eks_cluster", "aws.cluster", attribute("name"), {"name": attribute("name"), "region": _REGION}),
    TerraformType(
        "aws_eks_node_group",
        "aws.node_group",
        attribute("id"),
        {"name": attribute("node_group_name"), "cluster": attribute("cluster_name"), "region": _REGION},
    ),
    TerraformType(
        "aws_batch_job_queue",
        "aws.batch_queue",
        attribute("arn"),
        {"name": attribute("name"), "region": _REGION},
    ),
    TerraformType("aws_iam_role", "aws.identity", attribute("name"), {"name": attribute("name")}),
    TerraformType("aws_kms_key", "aws.key", attribute("key_id", "id"), {"region": _REGION}),
    TerraformType(
        "aws_secretsmanager_secret",
        "aws.secret",
        attribute("arn"),
        {"name": attribute("name"), "region": _REGION},
    ),
    TerraformType("aws_vpc", "aws.network", attribute("id"), {"region": _REGION}),
)

SETTINGS: Final[Mapping[str, tuple[str, str]]] = {
    "aws_s3_bucket_versioning": ("aws.bucket", "bucket"),
    "aws_s3_bucket_server_side_encryption_configuration": ("aws.bucket", "bucket"),
    "aws_s3_bucket_public_access_block": ("aws.bucket", "bucket"),
    "aws_s3_bucket_policy": ("aws.bucket", "bucket"),
    "aws_s3_bucket_lifecycle_configuration": ("aws.bucket", "bucket"),
    "aws_ecr_lifecycle_policy": ("aws.registry", "repository"),
}
"""By type: the kind that such a setting is part of, and the attribute with the id of the thing it belongs to."""
