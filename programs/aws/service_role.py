"""Owns the making of a role that one service of AWS takes, with policies that AWS keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pulumi_aws import iam

from .names import part_name
from .policies import document, managed_policy, taken_by_services
from .tags import tags

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from ..component import Component, Inputs

_LONGEST = 64


class ServiceRole(NamedTuple):
    """The role, what gives it its rights, and its name."""

    role: iam.Role
    rights: list[iam.RolePolicyAttachment]
    name: pulumi.Input[str]


def service_role(
    component: Component,
    inputs: Inputs,
    *,
    words: Sequence[pulumi.Input[str]],
    service: str,
    policies: Sequence[str],
) -> ServiceRole:
    """The role of ``component`` that ``service`` takes.

    Args:
        component: What it belongs to.
        inputs: Its properties.
        words: What its name is made of beside the region: roles are one list for all regions.
        service: The service's principal.
        policies: The names of policies that AWS keeps; a path goes before.
    """
    region = inputs.optional("region")
    name = part_name([words[0], region or "", *words[1:]], _LONGEST)
    role = iam.Role(
        f"{component.name}-role",
        name=name,
        assume_role_policy=document(taken_by_services([service])),
        tags=tags(inputs),
        opts=component.child(),
    )
    rights = [
        iam.RolePolicyAttachment(
            f"{component.name}-role-{policy.rpartition('/')[2]}",
            role=role.name,
            policy_arn=managed_policy(region if isinstance(region, str) else "", policy),
            opts=component.child(),
        )
        for policy in policies
    ]
    return ServiceRole(role, rights, name)
