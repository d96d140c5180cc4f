"""Owns the making of ``aws.registry``: a repository that scans what is pushed, and whose tags stay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_aws import ecr

from ..component import Component
from .tags import tags

if TYPE_CHECKING:
    from ..component import Inputs


class Registry(Component):
    """A repository in ECR, and what of it is kept."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("aws:registry", name, inputs, opts)
        self.primary = self.repository = ecr.Repository(
            name,
            name=inputs.text("name"),
            image_tag_mutability="IMMUTABLE" if inputs.flag("immutable_tags") else "MUTABLE",
            image_scanning_configuration=ecr.RepositoryImageScanningConfigurationArgs(
                scan_on_push=inputs.flag("scan_on_push")
            ),
            encryption_configurations=_encryption(inputs),
            force_delete=inputs.flag("force_destroy"),
            tags=tags(inputs),
            opts=self.child(),
        )
        if inputs.given("keep_images"):
            ecr.LifecyclePolicy(
                f"{name}-lifecycle",
                repository=self.repository.name,
                policy=pulumi.Output.from_input(inputs.number("keep_images")).apply(_keeping),
                opts=self.child(),
            )
        self.gives = {
            "uri": self.repository.repository_url,
            "name": self.repository.name,
            "arn": self.repository.arn,
            "id": self.repository.id,
        }


def _encryption(inputs: Inputs) -> list[ecr.RepositoryEncryptionConfigurationArgs] | None:
    key = inputs.optional("kms_key")
    return None if key is None else [ecr.RepositoryEncryptionConfigurationArgs(encryption_type="KMS", kms_key=key)]


def _keeping(images: int) -> str:
    """The policy that keeps so many images, the latest."""
    selection: dict[str, Any] = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": int(images)}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    return json.dumps({"rules": [rule]})
