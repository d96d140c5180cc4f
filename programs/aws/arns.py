"""Owns the ids of things on AWS by their ARNs, for types whose ids AWS makes up: by tag, it is ARNs that are found.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _last(arn: str) -> str:
    """What is behind the type: ``arn:aws:ec2:REGION:ACCOUNT:vpc/ID``."""
    return arn.rpartition("/")[2]


def _whole(arn: str) -> str:
    return arn


ARNS: Mapping[str, Callable[[str], str]] = {
    "aws:ec2/vpc:Vpc": _last,
    "aws:ec2/subnet:Subnet": _last,
    "aws:ec2/internetGateway:InternetGateway": _last,
    "aws:ec2/eip:Eip": _last,
    "aws:ec2/natGateway:NatGateway": _last,
    "aws:ec2/routeTable:RouteTable": _last,
    "aws:ec2/securityGroup:SecurityGroup": _last,
    "aws:kms/key:Key": _last,
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _whole,
    "aws:batch/jobQueue:JobQueue": _whole,
    "aws:secretsmanager/secret:Secret": _whole,
}
"""By type: the id of the thing with this ARN. Each of them carries tags; issuers are found in us-east-1 alone."""

SORTS: Mapping[str, str] = {
    "aws:ec2/vpc:Vpc": "ec2:vpc",
    "aws:ec2/subnet:Subnet": "ec2:subnet",
    "aws:ec2/internetGateway:InternetGateway": "ec2:internet-gateway",
    "aws:ec2/eip:Eip": "ec2:elastic-ip",
    "aws:ec2/natGateway:NatGateway": "ec2:natgateway",
    "aws:ec2/routeTable:RouteTable": "ec2:route-table",
    "aws:ec2/securityGroup:SecurityGroup": "ec2:security-group",
    "aws:kms/key:Key": "kms:key",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "iam:oidc-provider",
    "aws:batch/jobQueue:JobQueue": "batch:job-queue",
    "aws:secretsmanager/secret:Secret": "secretsmanager:secret",
}
"""By type: what AWS calls it where things are found by their tags: the service and the type in the ARN."""
