"""Owns the making of ``kubernetes.namespace``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_kubernetes as k8s

from ..component import Component
from .metadata import OWNERSHIP, labels

if TYPE_CHECKING:
    import pulumi

    from ..component import Inputs

_SECURITY = "pod-security.kubernetes.io"


class Namespace(Component):
    """A namespace; what runs in it is held to a standard of pod security."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("kubernetes:namespace", name, inputs, opts)
        standard = inputs.text("pod_security")
        made = k8s.core.v1.Namespace(
            name,
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=inputs.text("name"),
                labels={**labels(inputs), f"{_SECURITY}/enforce": standard, f"{_SECURITY}/warn": standard},
                annotations=OWNERSHIP,
            ),
            opts=self.child(),
        )
        self.primary = made
        self.gives = {"name": made.metadata.apply(lambda found: found.name), "id": made.id}
