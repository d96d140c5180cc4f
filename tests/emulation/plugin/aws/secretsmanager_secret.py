"""Owns the stand-ins for secrets: a name that stays taken while a secret can be got back, and values by version."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tests.emulation.plugin import values
from tests.emulation.plugin.aws import questions, tagging
from tests.emulation.plugin.aws.account import Account, code
from tests.emulation.plugin.aws.functions import Function
from tests.emulation.plugin.aws.resource import Resource
from tests.emulation.plugin.aws.rules import Rules
from tests.emulation.plugin.failures import CheckFailure, RefusedError
from tests.emulation.plugin.handling import Asked, Checked, Properties, State

LONGEST_VALUE = 65_536
CURRENT = "AWSCURRENT"
ABSENT = "ResourceNotFoundException"


def described(client: Any, name: str) -> dict[str, Any] | None:
    """What Secrets Manager says of the secret ``name``, one that is to be deleted as well; none when there is none."""
    try:
        return dict(client.describe_secret(SecretId=name))
    except ClientError as error:
        if code(error) == ABSENT:
            return None
        raise


class Secret(Resource):
    """A secret, whose values are versions of it."""

    service = "secretsmanager"
    named_by = "name"
    rules = Rules(
        known=frozenset({"name", "description", "kmsKeyId", "recoveryWindowInDays", "tags"}),
        replacing=("name",),
        defaults={"recoveryWindowInDays": 30},
        name_input="name",
        name_pattern=r"[0-9A-Za-z/_+=.@-]{1,512}",
        questions={
            "description": questions.at_most(2048),
            "recoveryWindowInDays": questions.between(7, 30, 0),
        },
    )
    computed = ("arn", "tagsAll")
    unread = frozenset({"recoveryWindowInDays"})

    def make(self, inputs: Properties) -> str:
        client, name = self.client(self.region(inputs)), inputs["name"]
        # The emulator takes a name again in some cases in which it says that it would not.
        if taken := described(client, name):
            reason = (
                "InvalidRequestException: You can't create this secret because a secret with this name is already "
                "scheduled for deletion."
                if taken.get("DeletedDate")
                else f"ResourceExistsException: The operation failed because the secret {name} already exists."
            )
            raise RefusedError(f"creating Secrets Manager Secret ({name}): {reason}")
        key, tags = inputs.get("kmsKeyId"), tagging.pairs(inputs.get("tags"))
        made = client.create_secret(
            Name=name,
            Description=inputs.get("description", ""),
            **({"KmsKeyId": key} if key else {}),
            **({"Tags": tags} if tags else {}),
        )
        return str(made["ARN"])

    def change(self, state: State, news: Properties) -> None:
        client, name = self.client(self.region(news)), {"SecretId": state.id}
        key = {"KmsKeyId": news["kmsKeyId"]} if news.get("kmsKeyId") else {}
        client.update_secret(**name, Description=news.get("description", ""), **key)
        if gone := tagging.removed(state.outputs.get("tags"), news.get("tags")):
            client.untag_resource(**name, TagKeys=gone)
        if news.get("tags"):
            client.tag_resource(**name, Tags=tagging.pairs(news["tags"]))

    def find(self, identity: str, region: str) -> Properties | None:
        found = described(self.client(region), identity)
        if found is None or found.get("DeletedDate"):
            return None
        return {
            "arn": found["ARN"],
            "name": found["Name"],
            "description": found.get("Description", ""),
            **({"kmsKeyId": found["KmsKeyId"]} if found.get("KmsKeyId") else {}),
            **tagging.outputs(tagging.mapped(found.get("Tags"))),
        }

    def remove(self, state: State) -> None:
        client = self.client(self.region(state.outputs))
        if self.find(state.id, self.region(state.outputs)) is None:
            return
        window = state.outputs.get("recoveryWindowInDays", 30)
        how = {"RecoveryWindowInDays": window} if window else {"ForceDeleteWithoutRecovery": True}
        client.delete_secret(SecretId=state.id, **how)


class SecretVersion(Resource):
    """A value. It is current until another is; taking it away takes its labels away, but not that of the current."""

    service = "secretsmanager"
    named_by = ""
    rules = Rules(
        known=frozenset({"secretId", "secretString", "versionStages"}),
        required=("secretId", "secretString"),
        replacing=("secretId", "secretString"),
        questions={"secretString": questions.at_most(LONGEST_VALUE)},
        spellings={"versionStages": sorted},
    )
    computed = ("arn", "secretArn", "versionId", "versionStages", "hasSecretStringWo")

    def check(self, asked: Asked) -> Checked:
        checked = super().check(asked)
        if checked.inputs.get("secretString") == "":
            empty = CheckFailure("secretString", "a value has one character at least")
            return Checked(checked.inputs, (*checked.failures, empty))
        return checked

    def make(self, inputs: Properties) -> str:
        client = self.client(self.region(inputs))
        self._check_key(client, inputs)
        stages = {"VersionStages": inputs["versionStages"]} if "versionStages" in inputs else {}
        made = client.put_secret_value(SecretId=inputs["secretId"], SecretString=inputs["secretString"], **stages)
        return f"{made['ARN']}|{made['VersionId']}"

    def change(self, state: State, news: Properties) -> None:
        raise RefusedError("the stand-in does not move the labels of versions")

    def find(self, identity: str, region: str) -> Properties | None:
        secret, _, version = identity.partition("|")
        client = self.client(region)
        about = described(client, secret)
        if about is None or about.get("DeletedDate") or not about.get("VersionIdsToStages", {}).get(version):
            return None
        found = client.get_secret_value(SecretId=secret, VersionId=version)
        return {
            "arn": found["ARN"],
            "secretArn": found["ARN"],
            "secretId": found["ARN"],
            "versionId": found["VersionId"],
            "versionStages": sorted(found["VersionStages"]),
            "secretString": found["SecretString"],
            "hasSecretStringWo": False,
        }

    def remove(self, state: State) -> None:
        region = self.region(state.outputs)
        found = self.find(state.id, region)
        secret, _, version = state.id.partition("|")
        for stage in (found or {}).get("versionStages", []):
            if stage != CURRENT:
                self.client(region).update_secret_version_stage(
                    SecretId=secret, VersionStage=stage, RemoveFromVersionId=version
                )

    def secret_paths(self, outputs: Properties) -> frozenset[values.Path]:
        return frozenset({("secretString",)} if "secretString" in outputs else ())

    def _check_key(self, client: Any, inputs: Properties) -> None:
        """The emulator encrypts with keys that are not there."""
        about = described(client, inputs["secretId"]) or {}
        if key := about.get("KmsKeyId"):
            state = self.account.client("kms", self.region(inputs)).describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
            if state != "Enabled":
                raise RefusedError(f"EncryptionFailure: the key {key} is {state}")


def _versions(account: Account, region: str, arguments: Properties) -> Properties:
    found = described(account.client("secretsmanager", region), arguments["secretId"])
    if found is None or found.get("DeletedDate"):
        raise RefusedError(f"reading Secrets Manager Secret Versions ({arguments['secretId']}): couldn't find resource")
    labels = found.get("VersionIdsToStages", {})
    return {
        "id": found["ARN"],
        "arn": found["ARN"],
        "name": found["Name"],
        "versions": [
            {"versionId": version, "versionStages": stages, "createdTime": "", "lastAccessedDate": ""}
            for version, stages in labels.items()
            if stages
        ],
    }


VERSIONS = Function(_versions, frozenset({"secretId"}), ("secretId",))
