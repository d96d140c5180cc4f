"""Owns the making of ``kubernetes.quota``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_kubernetes as k8s

from ..component import Component
from .metadata import called, metadata

if TYPE_CHECKING:
    from ..component import Inputs

_HARD = {
    "cpu": "requests.cpu",
    "memory": "requests.memory",
    "gpu": "requests.nvidia.com/gpu",
    "pods": "pods",
    "storage": "requests.storage",
}
"""What the cluster calls each limit: https://kubernetes.io/docs/concepts/policy/resource-quotas/."""
_DEFAULTS = {"cpu": "default_cpu", "memory": "default_memory"}


class Quota(Component):
    """A quota; where it limits processors or memory, a container that asks for nothing gets a default."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("kubernetes:quota", name, inputs, opts)
        hard = {called: _text(inputs, limit) for limit, called in _HARD.items() if inputs.given(limit)}
        made = k8s.core.v1.ResourceQuota(
            name,
            metadata=metadata(inputs),
            spec=k8s.core.v1.ResourceQuotaSpecArgs(hard=hard),
            opts=self.child(),
        )
        asked = {limit: inputs.text(default) for limit, default in _DEFAULTS.items() if inputs.given(limit)}
        if asked:
            item = k8s.core.v1.LimitRangeItemArgs(type="Container", default_request=asked)
            k8s.core.v1.LimitRange(
                f"{name}-limits",
                metadata=metadata(inputs),
                spec=k8s.core.v1.LimitRangeSpecArgs(limits=[item]),
                opts=self.child(),
            )
        self.primary = made
        self.gives = {"name": called(made.metadata), "id": made.id}


def _text(inputs: Inputs, limit: str) -> pulumi.Output[str]:
    return pulumi.Output.from_input(inputs.text(limit)).apply(_amount)


def _amount(value: str | float) -> str:
    """The limit as the cluster takes it; a whole number may come as floating point."""
    return value if isinstance(value, str) else str(int(value))
