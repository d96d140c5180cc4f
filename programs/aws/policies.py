"""Owns the writing of IAM policies: documents, who may take a role, the ARNs of those that AWS keeps itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PODS = "pods.eks.amazonaws.com"


def document(statements: Sequence[Mapping[str, Any]]) -> str:
    """A policy with these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def taken_by_services(services: Sequence[str]) -> list[Mapping[str, Any]]:
    """The statements of a role's trust that let these services take it."""
    plain = [name for name in services if name != _PODS]
    statements: list[Mapping[str, Any]] = []
    if plain:
        statements.append({"Effect": "Allow", "Principal": {"Service": plain}, "Action": "sts:AssumeRole"})
    if _PODS in services:
        # A pod's identity comes with tags, https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
        actions = ["sts:AssumeRole", "sts:TagSession"]
        statements.append({"Effect": "Allow", "Principal": {"Service": [_PODS]}, "Action": actions})
    return statements


def taken_by_account(provider: str, namespace: str, account: str) -> Mapping[str, Any]:
    """The statement that lets one Kubernetes account take the role; ``provider`` is the ARN of its cluster's issuer."""
    issuer = provider.partition(":oidc-provider/")[2]
    claims = {f"{issuer}:sub": f"system:serviceaccount:{namespace}:{account}", f"{issuer}:aud": "sts.amazonaws.com"}
    return {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": claims},
    }


def managed_policy(region: str, name: str) -> str:
    """The ARN of a policy that AWS keeps, in the partition of the region."""
    partition = "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
    return f"arn:{partition}:iam::aws:policy/{name}"
