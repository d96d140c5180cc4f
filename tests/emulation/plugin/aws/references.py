"""Owns the looking up of what an input refers to, where the emulator takes what is not there or does not fit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from tests.emulation.plugin.aws import documents
from tests.emulation.plugin.aws.account import Account, code
from tests.emulation.plugin.failures import RefusedError


def check_key(account: Account, region: str, key: str) -> None:
    """Whether something can be encrypted with ``key``.

    Raises:
        RefusedError: There is no such key in the region, or it is off or on its way out.
    """
    try:
        found = account.client("kms", region).describe_key(KeyId=key)["KeyMetadata"]
    except ClientError as error:
        raise RefusedError(f"KMSKeyNotAccessibleFault: the key {key} is not accessible: {error}") from error
    if found["KeyState"] != "Enabled":
        raise RefusedError(f"KMSKeyNotAccessibleFault: the key {key} is {found['KeyState']}")


def check_role(account: Account, arn: str, service: str) -> None:
    """Whether ``service`` can take the role ``arn``.

    Raises:
        RefusedError: There is no such role, or it does not trust the service.
    """
    iam = account.client("iam", account.region)
    try:
        role = iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]
    except ClientError as error:
        if code(error) == "NoSuchEntity":
            raise RefusedError(
                f"InvalidParameterException: the role {arn} could not be assumed: none is there"
            ) from error
        raise
    if role["Arn"] != arn or service not in documents.normal(role["AssumeRolePolicyDocument"]):
        raise RefusedError(f"InvalidParameterException: the role {arn} could not be assumed by {service}")


def network_of(account: Account, region: str, subnets: Iterable[str], groups: Iterable[str], zones: int = 1) -> str:
    """The network that ``subnets`` and security ``groups`` are in.

    Raises:
        RefusedError: They are in several, or the subnets are in fewer than ``zones`` zones.
    """
    ec2 = account.client("ec2", region)
    found = ec2.describe_subnets(SubnetIds=sorted(subnets))["Subnets"]
    spread = {subnet["AvailabilityZone"] for subnet in found}
    if len(spread) < zones:
        raise RefusedError(f"the subnets are in {sorted(spread)}; at least {zones} zones have to be covered")
    networks = {subnet["VpcId"] for subnet in found} | _networks_of_groups(ec2, sorted(groups))
    if len(networks) != 1:
        raise RefusedError(f"the subnets and security groups are in different networks: {sorted(networks)}")
    return str(networks.pop())


def machine_types(account: Account, region: str, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What EC2 says of machine types.

    Raises:
        RefusedError: There is none of that name.
    """
    wanted = sorted(set(names))
    if not wanted:
        return {}
    try:
        answer = account.client("ec2", region).describe_instance_types(InstanceTypes=wanted)
    except ClientError as error:
        raise RefusedError(f"InvalidParameterValue: no such machine types: {wanted}: {error}") from error
    found = {item["InstanceType"]: item for item in answer["InstanceTypes"]}
    if missing := set(wanted) - set(found):
        raise RefusedError(f"InvalidParameterValue: no such machine types: {sorted(missing)}")
    return found


def _networks_of_groups(ec2: Any, groups: list[str]) -> set[str]:
    if not groups:
        return set()
    return {group["VpcId"] for group in ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"]}
