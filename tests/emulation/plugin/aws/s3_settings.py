"""Owns the stand-ins for the settings of a bucket: versioning, encryption, public access, lifecycle and policy.

Each is a resource of its own in the provider, named by its bucket; all of a kind go through the same three calls.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from tests.emulation.plugin.aws import documents, shapes
from tests.emulation.plugin.aws.account import code
from tests.emulation.plugin.aws.resource import Resource
from tests.emulation.plugin.aws.rules import Rules
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties, State


class Setting(Resource):
    """A setting: ``operation`` is the end of the three API calls, ``absent`` are the words for 'there is none'."""

    operation: ClassVar[str]
    deleting: ClassVar[str] = ""
    absent: ClassVar[frozenset[str]] = frozenset()

    def request(self, inputs: Properties) -> dict[str, Any]:
        """The arguments of the put call but the bucket."""
        raise NotImplementedError

    def response(self, answer: dict[str, Any]) -> Properties | None:
        """The inputs that the answer of the get call stands for."""
        raise NotImplementedError

    def put(self, inputs: Properties) -> None:
        call = getattr(self.client(inputs["region"]), f"put_{self.operation}")
        call(Bucket=inputs["bucket"], **self.request(inputs))

    def find(self, identity: str, region: str) -> Properties | None:
        try:
            answer = getattr(self.client(region), f"get_{self.operation}")(Bucket=identity)
        except ClientError as error:
            if code(error) in {"NoSuchBucket", *self.absent}:
                return None
            raise
        found = self.response(answer)
        return None if found is None else {"bucket": identity, **found}

    def remove(self, state: State) -> None:
        try:
            getattr(self.client(state.outputs["region"]), f"delete_{self.deleting or self.operation}")(Bucket=state.id)
        except ClientError as error:
            if code(error) not in {"NoSuchBucket", *self.absent}:
                raise


class Versioning(Setting):
    """Enabled or suspended; a bucket that had versions never goes back to having none."""

    operation = "bucket_versioning"
    rules = Rules(
        known=frozenset({"bucket", "versioningConfiguration", "mfa", "expectedBucketOwner"}),
        required=("bucket", "versioningConfiguration"),
        replacing=("bucket", "expectedBucketOwner"),
    )

    def request(self, inputs: Properties) -> dict[str, Any]:
        return {"VersioningConfiguration": shapes.to_api(inputs["versioningConfiguration"])}

    def response(self, answer: dict[str, Any]) -> Properties | None:
        status = answer.get("Status")
        return {"versioningConfiguration": {"status": status}} if status else None

    def put(self, inputs: Properties) -> None:
        status = inputs["versioningConfiguration"]["status"]
        if status not in {"Enabled", "Suspended"}:
            raise RefusedError(f"versioning_configuration.status cannot be {status!r} once versioning was set")
        super().put(inputs)

    def remove(self, state: State) -> None:
        suspended = {"bucket": state.id, "region": state.outputs["region"]}
        try:
            self.put({**suspended, "versioningConfiguration": {"status": "Suspended"}})
        except ClientError as error:
            if code(error) != "NoSuchBucket":
                raise


class Encryption(Setting):
    """The encryption that new objects get by default."""

    operation = "bucket_encryption"
    absent = frozenset({"ServerSideEncryptionConfigurationNotFoundError"})
    rules = Rules(
        known=frozenset({"bucket", "rules", "expectedBucketOwner"}),
        required=("bucket", "rules"),
        replacing=("bucket", "expectedBucketOwner"),
    )

    def request(self, inputs: Properties) -> dict[str, Any]:
        return {"ServerSideEncryptionConfiguration": {"Rules": shapes.to_api(inputs["rules"])}}

    def response(self, answer: dict[str, Any]) -> Properties | None:
        return {"rules": shapes.from_api(answer["ServerSideEncryptionConfiguration"]["Rules"])}


class PublicAccessBlock(Setting):
    """Four switches, each off when it is left out."""

    operation = "public_access_block"
    absent = frozenset({"NoSuchPublicAccessBlockConfiguration"})
    switches: ClassVar = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    rules = Rules(known=frozenset({"bucket", "skipDestroy", *switches}), required=("bucket",), replacing=("bucket",))

    def request(self, inputs: Properties) -> dict[str, Any]:
        chosen = {name: bool(inputs.get(name)) for name in self.switches}
        return {"PublicAccessBlockConfiguration": shapes.to_api(chosen)}

    def response(self, answer: dict[str, Any]) -> Properties | None:
        return shapes.from_api(answer["PublicAccessBlockConfiguration"])


class Lifecycle(Setting):
    """When objects move or end; only one configuration for a bucket."""

    operation = "bucket_lifecycle_configuration"
    deleting = "bucket_lifecycle"
    absent = frozenset({"NoSuchLifecycleConfiguration"})
    rules = Rules(
        known=frozenset({"bucket", "rules", "expectedBucketOwner", "transitionDefaultMinimumObjectSize"}),
        required=("bucket", "rules"),
        replacing=("bucket", "expectedBucketOwner"),
        explicit_name_deletes_first=False,
        spellings={"rules": shapes.lifecycle_filtered},
    )

    def request(self, inputs: Properties) -> dict[str, Any]:
        return {"LifecycleConfiguration": {"Rules": shapes.lifecycle_to_api(inputs["rules"])}}

    def response(self, answer: dict[str, Any]) -> Properties | None:
        return {"rules": shapes.lifecycle_from_api(answer["Rules"])}


class Policy(Setting):
    """Who may do what with the bucket; two spellings of one document are no change."""

    operation = "bucket_policy"
    absent = frozenset({"NoSuchBucketPolicy"})
    rules = Rules(
        known=frozenset({"bucket", "policy"}),
        required=("bucket", "policy"),
        replacing=("bucket",),
        questions={"policy": documents.json_problem},
        spellings={"policy": documents.normal},
    )

    def request(self, inputs: Properties) -> dict[str, Any]:
        document = json.loads(inputs["policy"])
        if not isinstance(document, dict) or not document.get("Statement"):
            raise RefusedError("putting S3 Bucket Policy: MalformedPolicy: Missing required field Statement")
        return {"Policy": inputs["policy"]}

    def response(self, answer: dict[str, Any]) -> Properties | None:
        return {"policy": documents.normal(answer["Policy"])}
