"""Owns the stand-ins for the functions that tell who is asking, and where."""

from __future__ import annotations

from tests.emulation.plugin.aws.account import Account
from tests.emulation.plugin.aws.functions import Function
from tests.emulation.plugin.handling import Properties


def _caller(account: Account, region: str, arguments: Properties) -> Properties:
    found = account.client("sts", region).get_caller_identity()
    return {"accountId": found["Account"], "arn": found["Arn"], "id": found["Account"], "userId": found["UserId"]}


def _region(account: Account, region: str, arguments: Properties) -> Properties:
    return {"id": region, "name": region, "description": region, "endpoint": f"ec2.{region}.amazonaws.com"}


CALLER = Function(_caller)
REGION = Function(_region)
