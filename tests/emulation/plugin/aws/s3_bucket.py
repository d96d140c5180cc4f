"""Owns the stand-in for ``aws:s3/bucket:Bucket``: a name that is nobody else's, and nothing deleted that holds data."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tests.emulation.plugin.aws.account import code
from tests.emulation.plugin.aws.resource import Resource
from tests.emulation.plugin.aws.rules import Rules
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties, State

NAME = r"(?!xn--|sthree-)(?!.*\.\.)(?!\d{1,3}(\.\d{1,3}){3}$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
DEFAULT_REGION = "us-east-1"
GONE = {"NoSuchBucket", "404"}


class Bucket(Resource):
    """A bucket. Its settings are resources of their own: the deprecated inline inputs are not translated."""

    rules = Rules(
        known=frozenset({"bucket", "bucketPrefix", "forceDestroy", "objectLockEnabled", "tags"}),
        replacing=("bucket", "bucketPrefix", "objectLockEnabled"),
        defaults={"forceDestroy": False},
        name_input="bucket",
        name_pattern=NAME,
    )
    computed = ("arn", "bucketDomainName", "bucketRegionalDomainName", "bucketRegion", "hostedZoneId", "tagsAll")
    unread = frozenset({"forceDestroy"})

    def make(self, inputs: Properties) -> str:
        client, name = self.client(inputs["region"]), inputs["bucket"]
        if self.find(name, inputs["region"]) is not None:
            # In us-east-1 the API itself would say nothing: the provider looks first.
            raise RefusedError(f"creating S3 Bucket ({name}): BucketAlreadyExists")
        arguments = {"Bucket": name, "ObjectLockEnabledForBucket": bool(inputs.get("objectLockEnabled"))}
        if inputs["region"] != DEFAULT_REGION:
            arguments["CreateBucketConfiguration"] = {"LocationConstraint": inputs["region"]}
        client.create_bucket(**arguments)
        self.put(inputs)
        return str(name)

    def put(self, inputs: Properties) -> None:
        client, tags = self.client(inputs["region"]), inputs.get("tags") or {}
        if tags:
            pairs = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
            client.put_bucket_tagging(Bucket=inputs["bucket"], Tagging={"TagSet": pairs})
        else:
            client.delete_bucket_tagging(Bucket=inputs["bucket"])

    def find(self, identity: str, region: str) -> Properties | None:
        client = self.client(region)
        try:
            client.head_bucket(Bucket=identity)
        except ClientError as error:
            if code(error) in GONE:
                return None
            raise
        tags = self._tags(identity, region)
        return {
            "bucket": identity,
            "arn": f"arn:aws:s3:::{identity}",
            "bucketDomainName": f"{identity}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{identity}.s3.{region}.amazonaws.com",
            "bucketRegion": region,
            "objectLockEnabled": self._locked(client, identity),
            "tagsAll": tags,
            **({"tags": tags} if tags else {}),
        }

    def remove(self, state: State) -> None:
        client = self.client(state.outputs["region"])
        if state.outputs.get("forceDestroy"):
            self._empty(client, state.id)
        try:
            client.delete_bucket(Bucket=state.id)
        except ClientError as error:
            if code(error) not in GONE:
                raise

    def _locked(self, client: Any, name: str) -> bool:
        try:
            answer = client.get_object_lock_configuration(Bucket=name)
        except ClientError as error:
            if code(error) == "ObjectLockConfigurationNotFoundError":
                return False
            raise
        return answer["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled"

    def _tags(self, name: str, region: str) -> Properties:
        try:
            answer = self.client(region).get_bucket_tagging(Bucket=name)
        except ClientError as error:
            if code(error) == "NoSuchTagSet":
                return {}
            raise
        return {pair["Key"]: pair["Value"] for pair in answer["TagSet"]}

    def _empty(self, client: object, name: str) -> None:
        for page in client.get_paginator("list_object_versions").paginate(Bucket=name):
            for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                client.delete_object(Bucket=name, Key=item["Key"], VersionId=item["VersionId"])
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=name):
            for item in page.get("Contents", []):
                client.delete_object(Bucket=name, Key=item["Key"])
