"""Owns the making of ``aws.secret``: a secret, and the value that the definition gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_aws import secretsmanager

from ..component import Component
from .tags import tags

if TYPE_CHECKING:
    import pulumi

    from ..component import Inputs


class Secret(Component):
    """A secret in Secrets Manager; a new value is a new version of it."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("aws:secret", name, inputs, opts)
        self.primary = secret = secretsmanager.Secret(
            name,
            name=inputs.text("name"),
            description=inputs.text("description"),
            kms_key_id=inputs.optional("kms_key"),
            recovery_window_in_days=inputs.number("recovery_window"),
            tags=tags(inputs),
            opts=self.child(),
        )
        if inputs.given("value"):
            secretsmanager.SecretVersion(
                f"{name}-version", secret_id=secret.arn, secret_string=inputs.text("value"), opts=self.child()
            )
        self.gives = {"arn": secret.arn, "name": secret.name, "id": secret.arn}
