"""Owns the finding of things on AWS whose ids AWS makes up: by the tags that they carry, or by what they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_aws import ec2, resourcegroupstaggingapi, secretsmanager

from .arns import ARNS, SORTS
from .tags import CREATION_TAG, PART_TAG

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    import pulumi

    from ..component import Sought

    Finder = Callable[[Sought, pulumi.InvokeOptions], Awaitable[list[str]]]

_EVERYWHERE = "us-east-1"
"""Where AWS tells of what belongs to no region."""
_CURRENT = "AWSCURRENT"
_NONE = ("no matching", "empty result", "no results", "couldn't find")


async def _by_tags(sought: Sought, options: pulumi.InvokeOptions) -> list[str]:
    everywhere = sought.type.startswith("aws:iam/")
    answer = await resourcegroupstaggingapi.get_resources_output(
        region=_EVERYWHERE if everywhere else None,
        resource_type_filters=[SORTS[sought.type]],
        tag_filters=[resourcegroupstaggingapi.GetResourcesTagFilterArgs(key=CREATION_TAG, values=[sought.creation])],
        opts=options,
    ).future()
    found = answer.resource_tag_mapping_lists if answer is not None else []
    parts = [(item.resource_arn, item.tags.get(PART_TAG, sought.part)) for item in found]
    return [ARNS[sought.type](arn) for arn, part in parts if part == sought.part]


async def _association(sought: Sought, options: pulumi.InvokeOptions) -> list[str]:
    subnet = sought.inputs.get("subnetId")
    if not isinstance(subnet, str):
        return []
    try:
        table = await ec2.get_route_table_output(subnet_id=subnet, opts=options).future()
    except Exception as error:
        if any(text in str(error).lower() for text in _NONE):
            return []  # it has none of its own
        raise
    joined = table.associations if table is not None else []
    return [item.route_table_association_id for item in joined if item.subnet_id == subnet]


async def _version(sought: Sought, options: pulumi.InvokeOptions) -> list[str]:
    secret = sought.inputs.get("secretId")
    if not isinstance(secret, str):
        return []
    answer = await secretsmanager.get_secret_versions_output(secret_id=secret, opts=options).future()
    versions = answer.versions if answer is not None else []
    return [f"{secret}|{item.version_id}" for item in versions if _CURRENT in item.version_stages]


FINDERS: Mapping[str, Finder] = {
    **dict.fromkeys(ARNS, _by_tags),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _association,
    "aws:secretsmanager/secretVersion:SecretVersion": _version,
}
"""By type: the ids of things that may be what is sought. What was deleted a while ago may be among them."""
