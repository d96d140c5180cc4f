"""Owns the making of ``kubernetes.volume``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..component import Component
from .claims import claim
from .metadata import called

if TYPE_CHECKING:
    import pulumi

    from ..component import Inputs


class Volume(Component):
    """The claim of a volume."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("kubernetes:volume", name, inputs, opts)
        made = claim(name, inputs, inputs.text("access_mode"), self.child())
        self.primary = made
        self.gives = {
            "name": called(made.metadata),
            "namespace": made.metadata.apply(lambda found: found.namespace),
            "id": made.id,
        }
