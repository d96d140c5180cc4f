"""Owns what a stack's role may do with each thing of its stack, and no more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_OBJECTS = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
)
_IMAGES = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_SECRETS = ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue")


def grants(arns: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """The statements for the things with these ARNs, by property of the identity."""
    statements: list[Mapping[str, Any]] = []
    if "bucket" in arns:
        statements.append(_allow("Bucket", ("s3:GetBucketLocation", "s3:ListBucket"), arns["bucket"]))
        statements.append(_allow("Objects", _OBJECTS, f"{arns['bucket']}/*"))
    if "repository" in arns:
        statements.append(_allow("Images", _IMAGES, arns["repository"]))
        # Signing in to ECR is not about one repository; what is pulled then is.
        statements.append(_allow("SignIn", ("ecr:GetAuthorizationToken",), "*"))
    secrets = [arns[name] for name in ("secret", "database_secret") if name in arns]
    if secrets:
        statements.append(_allow("Secrets", _SECRETS, *secrets))
    return statements


def _allow(name: str, actions: tuple[str, ...], *resources: str) -> Mapping[str, Any]:
    return {"Sid": name, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
