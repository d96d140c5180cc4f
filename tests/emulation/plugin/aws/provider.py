"""Owns the stand-in for the AWS provider: its configuration, its resource types and its functions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from tests.emulation.plugin.aws import account_functions, s3_settings
from tests.emulation.plugin.aws.account import Account, open_account
from tests.emulation.plugin.aws.functions import Function
from tests.emulation.plugin.aws.resource import Resource
from tests.emulation.plugin.aws.s3_bucket import Bucket
from tests.emulation.plugin.diffing import Difference, compare
from tests.emulation.plugin.failures import CheckFailure
from tests.emulation.plugin.handling import Checked, Properties

OPTIONS = {"region", "accessKey", "secretKey", "token", "profile", "version"} | {
    f"skip{what}" for what in ("CredentialsValidation", "RegionValidation", "RequestingAccountId", "MetadataApiCheck")
}
RESOURCES: dict[str, type[Resource]] = {
    "aws:s3/bucket:Bucket": Bucket,
    "aws:s3/bucketVersioning:BucketVersioning": s3_settings.Versioning,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": s3_settings.Encryption,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": s3_settings.PublicAccessBlock,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": s3_settings.Lifecycle,
    "aws:s3/bucketPolicy:BucketPolicy": s3_settings.Policy,
}

FUNCTIONS: dict[str, Function] = {
    "aws:index/getCallerIdentity:getCallerIdentity": account_functions.CALLER,
    "aws:index/getRegion:getRegion": account_functions.REGION,
}


class Provider:
    """One configured AWS provider."""

    def __init__(self) -> None:
        self.config: Properties = {}
        self._account: Account | None = None
        self.functions: Mapping[str, Callable[[Properties], Properties]] = {
            token: functools.partial(self._ask, function) for token, function in FUNCTIONS.items()
        }

    def check_config(self, news: Properties) -> Checked:
        unknown = [name for name in news if name not in OPTIONS]
        return Checked(news, tuple(CheckFailure(name, "the stand-in has no such option") for name in unknown))

    def diff_config(self, olds: Properties, news: Properties) -> Difference:
        # Another region replaces the resources, by their own input `region`, and not the provider.
        return Difference(tuple(compare(olds, news)))

    def configure(self, config: Properties) -> None:
        # The official provider tries its credentials here, and fails the deployment before its first step.
        self.config = config
        self._account = open_account(config)

    def handler(self, token: str) -> Resource | None:
        made = RESOURCES.get(token)
        return made(self.account) if made else None

    @property
    def account(self) -> Account:
        if self._account is None:
            self._account = open_account(self.config)
        return self._account

    def _ask(self, function: Function, arguments: Properties) -> Properties:
        return function.answer(self.account, arguments)
