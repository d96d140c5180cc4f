"""Owns the making of ``aws.key``: a key that is turned over, and can be got back for a while when it is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_aws import kms

from ..component import Component
from .tags import tags

if TYPE_CHECKING:
    import pulumi

    from ..component import Inputs


class Key(Component):
    """A key in KMS; the account's own policies say who may use it."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("aws:key", name, inputs, opts)
        self.primary = key = kms.Key(
            name,
            description=inputs.text("description"),
            enable_key_rotation=inputs.flag("rotation"),
            multi_region=inputs.flag("multi_region"),
            deletion_window_in_days=inputs.number("deletion_window"),
            tags=tags(inputs),
            opts=self.child(),
        )
        self.gives = {"arn": key.arn, "id": key.key_id}
