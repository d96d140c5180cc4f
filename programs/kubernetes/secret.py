"""Owns the making of ``kubernetes.secret``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_kubernetes as k8s

from ..component import Component
from .metadata import called, metadata

if TYPE_CHECKING:
    from ..component import Inputs


class Secret(Component):
    """A secret with one entry; without a value it is empty, and what others put into it stays."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("kubernetes:secret", name, inputs, opts)
        made = k8s.core.v1.Secret(
            name,
            metadata=metadata(inputs),
            type="Opaque",
            string_data=self._entries(inputs) if inputs.given("value") else None,
            opts=self.child(),
        )
        self.primary = made
        self.gives = {
            "name": called(made.metadata),
            "key": inputs.text("key"),
            "id": made.id,
        }

    def _entries(self, inputs: Inputs) -> pulumi.Output[dict[str, str]]:
        # The name of the entry may be an output too.
        entry = pulumi.Output.all(inputs.text("key"), inputs.text("value"))
        return pulumi.Output.secret(entry.apply(lambda pair: {pair[0]: pair[1]}))
