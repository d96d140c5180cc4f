"""Owns the stand-ins for repositories in ECR and their lifecycle policies: images are not deleted by the way."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from tests.emulation.plugin.aws import documents, questions, references, tagging
from tests.emulation.plugin.aws.account import code
from tests.emulation.plugin.aws.resource import Resource
from tests.emulation.plugin.aws.rules import Part, Rules
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties, State

WORD = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
NO_REPOSITORY, NO_POLICY = "RepositoryNotFoundException", "LifecyclePolicyNotFoundException"
STATUSES = {"tagged", "untagged", "any"}
COUNTS = {"imageCountMoreThan", "sinceImagePushed"}


class Repository(Resource):
    """A repository of images."""

    service = "ecr"
    named_by = "name"
    rules = Rules(
        known=frozenset(
            {
                "name",
                "imageTagMutability",
                "imageScanningConfiguration",
                "encryptionConfigurations",
                "forceDelete",
                "tags",
            }
        ),
        replacing=("name", "encryptionConfigurations"),
        defaults={"imageTagMutability": "MUTABLE"},
        name_input="name",
        name_pattern=rf"(?=.{{2,256}}$){WORD}(?:/{WORD})*",
        questions={
            "imageTagMutability": questions.one_of("MUTABLE", "IMMUTABLE"),
            "encryptionConfigurations": lambda given: _encryption_problem(given),
        },
        parts={
            "imageScanningConfiguration": Part(frozenset({"scanOnPush"}), ("scanOnPush",)),
            "encryptionConfigurations": Part(frozenset({"encryptionType", "kmsKey"})),
        },
        spellings={"encryptionConfigurations": lambda given: [{"encryptionType": "AES256", **item} for item in given]},
    )
    computed = ("arn", "registryId", "repositoryUrl", "tagsAll")
    unread = frozenset({"forceDelete"})

    def make(self, inputs: Properties) -> str:
        region = self.region(inputs)
        encryption = next(iter(inputs.get("encryptionConfigurations", [])), None)
        if encryption and encryption.get("kmsKey"):
            references.check_key(self.account, region, encryption["kmsKey"])
        self.client(region).create_repository(
            repositoryName=inputs["name"],
            imageTagMutability=inputs["imageTagMutability"],
            imageScanningConfiguration=_scanning(inputs),
            tags=tagging.pairs(inputs.get("tags")),
            **({"encryptionConfiguration": {"encryptionType": "AES256", **encryption}} if encryption else {}),
        )
        return str(inputs["name"])

    def change(self, state: State, news: Properties) -> None:
        client, name = self.client(self.region(news)), {"repositoryName": state.id}
        client.put_image_tag_mutability(**name, imageTagMutability=news["imageTagMutability"])
        client.put_image_scanning_configuration(**name, imageScanningConfiguration=_scanning(news))
        thing = {"resourceArn": state.outputs["arn"]}
        if gone := tagging.removed(state.outputs.get("tags"), news.get("tags")):
            client.untag_resource(**thing, tagKeys=gone)
        if news.get("tags"):
            client.tag_resource(**thing, tags=tagging.pairs(news["tags"]))

    def find(self, identity: str, region: str) -> Properties | None:
        client = self.client(region)
        try:
            (found,) = client.describe_repositories(repositoryNames=[identity])["repositories"]
        except ClientError as error:
            if code(error) == NO_REPOSITORY:
                return None
            raise
        tags = client.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
        return {
            "name": found["repositoryName"],
            "arn": found["repositoryArn"],
            "registryId": found["registryId"],
            "repositoryUrl": found["repositoryUri"],
            "imageTagMutability": found["imageTagMutability"],
            "imageScanningConfiguration": found["imageScanningConfiguration"],
            "encryptionConfigurations": [found["encryptionConfiguration"]],
            **tagging.outputs(tagging.mapped(tags)),
        }

    def remove(self, state: State) -> None:
        client = self.client(self.region(state.outputs))
        try:
            client.delete_repository(repositoryName=state.id, force=bool(state.outputs.get("forceDelete")))
        except ClientError as error:
            if code(error) != NO_REPOSITORY:
                raise


class LifecyclePolicy(Resource):
    """Which images of a repository go by themselves. Another document is another policy, and the old one goes first."""

    service = "ecr"
    named_by = "repository"
    rules = Rules(
        known=frozenset({"policy", "repository"}),
        required=("policy", "repository"),
        replacing=("policy", "repository"),
        always_deletes_first=True,
        questions={"policy": lambda document: lifecycle_problem(document)},
        spellings={"policy": documents.normal},
    )
    computed = ("registryId",)

    def put(self, inputs: Properties) -> None:
        client = self.client(self.region(inputs))
        client.put_lifecycle_policy(repositoryName=inputs["repository"], lifecyclePolicyText=inputs["policy"])

    def change(self, state: State, news: Properties) -> None:
        raise RefusedError("a lifecycle policy is replaced, and never changed")

    def find(self, identity: str, region: str) -> Properties | None:
        try:
            found = self.client(region).get_lifecycle_policy(repositoryName=identity)
        except ClientError as error:
            if code(error) in {NO_REPOSITORY, NO_POLICY}:
                return None
            raise
        return {
            "repository": found["repositoryName"],
            "registryId": found["registryId"],
            "policy": found["lifecyclePolicyText"],
        }

    def remove(self, state: State) -> None:
        try:
            self.client(self.region(state.outputs)).delete_lifecycle_policy(repositoryName=state.id)
        except ClientError as error:
            if code(error) not in {NO_REPOSITORY, NO_POLICY}:
                raise


def lifecycle_problem(document: object) -> str | None:
    """What ECR refuses in a lifecycle policy, which the emulator keeps whatever it says."""
    if problem := documents.json_problem(document):
        return problem
    policy = json.loads(str(document))
    rules = policy.get("rules") if isinstance(policy, dict) else None
    if not isinstance(rules, list) or not rules:
        return "the policy has no rules"
    priorities = [rule.get("rulePriority") for rule in rules]
    if not all(isinstance(priority, int) and priority >= 1 for priority in priorities):
        return f"each rule needs a rulePriority of at least 1: {priorities}"
    if len(set(priorities)) < len(priorities):
        return f"two rules have the same rulePriority: {priorities}"
    return next((problem for rule in rules if (problem := _rule_problem(rule, max(priorities)))), None)


def _rule_problem(rule: dict[str, Any], last: int) -> str | None:
    selection = rule.get("selection") or {}
    count = selection.get("countNumber")
    if rule.get("action") != {"type": "expire"}:
        return f"the one action that there is is expire: {rule.get('action')}"
    if selection.get("tagStatus") not in STATUSES or selection.get("countType") not in COUNTS:
        return f"the selection needs a tagStatus and a countType: {selection}"
    if not isinstance(count, int) or count < 1:
        return f"countNumber has to be at least 1: {count!r}"
    if (selection["countType"] == "sinceImagePushed") != (selection.get("countUnit") == "days"):
        return "countUnit goes with sinceImagePushed, and is days"
    if (selection["tagStatus"] == "tagged") != bool({"tagPrefixList", "tagPatternList"} & set(selection)):
        return "tagged images, and no others, are selected by a list of prefixes or patterns"
    if selection["tagStatus"] == "any" and rule["rulePriority"] != last:
        return "the rule for any images comes last"
    return None


def _encryption_problem(given: list[dict[str, Any]]) -> str | None:
    if len(given) > 1:
        return "there is one encryption of a repository"
    for item in given:
        kind = item.get("encryptionType", "AES256")
        if kind not in {"AES256", "KMS"}:
            return f"expected AES256 or KMS, got {kind!r}"
        # With KMS and without a key it is one that AWS picks: the stand-in does not translate it.
        if (kind == "KMS") != bool(item.get("kmsKey")):
            return "kmsKey goes with the encryption KMS"
    return None


def _scanning(inputs: Properties) -> dict[str, bool]:
    return {"scanOnPush": bool(inputs.get("imageScanningConfiguration", {}).get("scanOnPush"))}
