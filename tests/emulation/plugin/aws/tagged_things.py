"""Owns the stand-in for ``aws:resourcegroupstaggingapi/getResources:getResources``: what there is by its tags.

The emulator's own answer leaves services out that AWS has in it; they are asked here one by one. Whatever was tagged
is told of for a while after it is deleted, by AWS and by the emulator alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.emulation.plugin.aws import tagging
from tests.emulation.plugin.aws.account import Account
from tests.emulation.plugin.aws.functions import Function
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties

IAM_REGION = "us-east-1"
"""IAM is everywhere, and told of here alone."""


class Tagged(NamedTuple):
    """A thing and its tags."""

    arn: str
    sort: str
    tags: dict[str, str]


def _found(account: Account, region: str, arguments: Properties) -> Properties:
    wanted = {item["key"]: item.get("values", []) for item in arguments.get("tagFilters", [])}
    sorts, arns = arguments.get("resourceTypeFilters", []), arguments.get("resourceArnLists", [])
    if wanted and arns:
        raise RefusedError('"resource_arn_list": conflicts with tag_filter')
    things = {
        thing.arn: thing
        for thing in _every(account, region)
        if thing.tags
        and (not sorts or {thing.sort, thing.sort.partition(":")[0]} & set(sorts))
        and (not arns or thing.arn in arns)
        and all(key in thing.tags and (not some or thing.tags[key] in some) for key, some in wanted.items())
    }
    return {
        "id": region,
        "resourceTagMappingLists": [
            {"resourceArn": thing.arn, "tags": thing.tags, "complianceDetails": []} for thing in things.values()
        ],
    }


def _every(account: Account, region: str) -> Iterator[Tagged]:
    pages = account.client("resourcegroupstaggingapi", region).get_paginator("get_resources").paginate()
    for page in pages:
        for item in page["ResourceTagMappingList"]:
            yield Tagged(item["ResourceARN"], _sort(item["ResourceARN"]), tagging.mapped(item["Tags"]))
    yield from _of_ec2(account, region)
    yield from _of_batch(account, region)
    if region == IAM_REGION:
        yield from _of_iam(account)


def _of_ec2(account: Account, region: str) -> Iterator[Tagged]:
    kinds = {"eipalloc": "elastic-ip", "lt": "launch-template"}
    asked = [{"Name": "resource-id", "Values": [f"{prefix}-*" for prefix in kinds]}]
    tags: dict[str, dict[str, str]] = {}
    for page in account.client("ec2", region).get_paginator("describe_tags").paginate(Filters=asked):
        for item in page["Tags"]:
            tags.setdefault(item["ResourceId"], {})[item["Key"]] = item["Value"]
    for identity, found in tags.items():
        kind = kinds[identity.partition("-")[0]]
        yield Tagged(f"arn:aws:ec2:{region}:{account.number(region)}:{kind}/{identity}", f"ec2:{kind}", found)


def _of_batch(account: Account, region: str) -> Iterator[Tagged]:
    batch = account.client("batch", region)
    for queue in batch.describe_job_queues()["jobQueues"]:
        yield Tagged(queue["jobQueueArn"], "batch:job-queue", dict(queue.get("tags", {})))
    for machines in batch.describe_compute_environments()["computeEnvironments"]:
        yield Tagged(machines["computeEnvironmentArn"], "batch:compute-environment", dict(machines.get("tags", {})))


def _of_iam(account: Account) -> Iterator[Tagged]:
    """Roles are not among what the tagging service knows."""
    iam = account.client("iam", IAM_REGION)
    for item in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        found: dict[str, Any] = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=item["Arn"])
        yield Tagged(item["Arn"], "iam:oidc-provider", tagging.mapped(found.get("Tags")))
    for profile in iam.list_instance_profiles()["InstanceProfiles"]:
        about = iam.get_instance_profile(InstanceProfileName=profile["InstanceProfileName"])["InstanceProfile"]
        yield Tagged(profile["Arn"], "iam:instance-profile", tagging.mapped(about.get("Tags")))


def _sort(arn: str) -> str:
    """``service:type`` of an ARN; S3's have no type in them."""
    service, rest = arn.split(":", 5)[2], arn.split(":", 5)[5]
    kind = rest.replace(":", "/").partition("/")[0] if {"/", ":"} & set(rest) else "bucket"
    return f"{service}:{kind}"


RESOURCES = Function(_found, frozenset({"tagFilters", "resourceTypeFilters", "resourceArnLists"}))
