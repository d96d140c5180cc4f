"""Owns the stand-in for ``aws:kms/key:Key``: a key that is never deleted at once, and gone as soon as it is to be."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from tests.emulation.plugin.aws import documents, questions, tagging
from tests.emulation.plugin.aws.account import code
from tests.emulation.plugin.aws.resource import Resource
from tests.emulation.plugin.aws.rules import Rules
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties, State

ENDING = {"PendingDeletion", "PendingReplicaDeletion"}
WORDS = ("TagKey", "TagValue")
SYMMETRIC = "SYMMETRIC_DEFAULT"


class Key(Resource):
    """A key of AWS's own making."""

    service = "kms"
    named_by = ""
    rules = Rules(
        known=frozenset(
            {
                "description",
                "policy",
                "keyUsage",
                "customerMasterKeySpec",
                "multiRegion",
                "enableKeyRotation",
                "isEnabled",
                "deletionWindowInDays",
                "bypassPolicyLockoutSafetyCheck",
                "tags",
            }
        ),
        replacing=("keyUsage", "customerMasterKeySpec", "multiRegion"),
        defaults={
            "bypassPolicyLockoutSafetyCheck": False,
            "customerMasterKeySpec": SYMMETRIC,
            "enableKeyRotation": False,
            "isEnabled": True,
            "keyUsage": "ENCRYPT_DECRYPT",
        },
        questions={
            "customerMasterKeySpec": questions.one_of(SYMMETRIC),
            "deletionWindowInDays": questions.between(7, 30),
            "description": questions.at_most(8192),
            "keyUsage": questions.one_of("ENCRYPT_DECRYPT"),
            "policy": documents.json_problem,
        },
        spellings={"policy": documents.normal},
    )
    computed = ("arn", "keyId", "tagsAll", "policy", "multiRegion", "description")
    unread = frozenset({"bypassPolicyLockoutSafetyCheck", "deletionWindowInDays"})

    def make(self, inputs: Properties) -> str:
        self._check_lockout(inputs)
        tags = tagging.pairs(inputs.get("tags"), *WORDS)
        made = self.client(self.region(inputs)).create_key(
            KeyUsage=inputs["keyUsage"],
            KeySpec=inputs["customerMasterKeySpec"],
            MultiRegion=bool(inputs.get("multiRegion")),
            Description=inputs.get("description", ""),
            **({"Policy": inputs["policy"]} if "policy" in inputs else {}),
            **({"Tags": tags} if tags else {}),
        )
        return str(made["KeyMetadata"]["KeyId"])

    def finish(self, identity: str, inputs: Properties) -> None:
        client, name = self.client(self.region(inputs)), {"KeyId": identity}
        (client.enable_key_rotation if inputs["enableKeyRotation"] else client.disable_key_rotation)(**name)
        (client.enable_key if inputs["isEnabled"] else client.disable_key)(**name)

    def change(self, state: State, news: Properties) -> None:
        client, name = self.client(self.region(news)), {"KeyId": state.id}
        self._check_lockout(news)
        client.update_key_description(**name, Description=news.get("description", ""))
        if "policy" in news:
            client.put_key_policy(**name, PolicyName="default", Policy=news["policy"])
        self.finish(state.id, news)
        if gone := tagging.removed(state.outputs.get("tags"), news.get("tags")):
            client.untag_resource(**name, TagKeys=gone)
        if news.get("tags"):
            client.tag_resource(**name, Tags=tagging.pairs(news["tags"], *WORDS))

    def find(self, identity: str, region: str) -> Properties | None:
        client, name = self.client(region), {"KeyId": identity}
        try:
            found = client.describe_key(**name)["KeyMetadata"]
        except ClientError as error:
            if code(error) == "NotFoundException":
                return None
            raise
        if found["KeyState"] in ENDING:
            return None
        turned = client.get_key_rotation_status(**name)
        tags = tagging.mapped(client.list_resource_tags(**name)["Tags"], *WORDS)
        return {
            "keyId": found["KeyId"],
            "arn": found["Arn"],
            "description": found["Description"],
            "keyUsage": found["KeyUsage"],
            "customerMasterKeySpec": found["KeySpec"],
            "multiRegion": found["MultiRegion"],
            "isEnabled": found["Enabled"],
            "enableKeyRotation": turned["KeyRotationEnabled"],
            "policy": documents.normal(client.get_key_policy(**name, PolicyName="default")["Policy"]),
            **tagging.outputs(tags),
        }

    def remove(self, state: State) -> None:
        if self.find(state.id, self.region(state.outputs)) is None:
            return
        window: Any = state.outputs.get("deletionWindowInDays", 30)
        self.client(self.region(state.outputs)).schedule_key_deletion(KeyId=state.id, PendingWindowInDays=window)

    def _check_lockout(self, inputs: Properties) -> None:
        """The emulator lets a policy shut its own writer out."""
        if "policy" not in inputs or inputs["bypassPolicyLockoutSafetyCheck"]:
            return
        if "kms:*" not in inputs["policy"] and "kms:PutKeyPolicy" not in json.dumps(inputs["policy"]):
            raise RefusedError(
                "MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy"
            )
