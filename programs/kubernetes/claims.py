"""Owns the claims of volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_kubernetes as k8s

from .metadata import metadata

if TYPE_CHECKING:
    from ..component import Inputs

_GIBIBYTES = 1024
"""In a tebibyte."""


def claim(
    name: str, inputs: Inputs, access_mode: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> k8s.core.v1.PersistentVolumeClaim:
    """The claim of the resource's volume; it stays where the server that uses it comes and goes."""
    size = pulumi.Output.from_input(inputs.number("size")).apply(_amount)
    return k8s.core.v1.PersistentVolumeClaim(
        name,
        metadata=metadata(inputs),
        spec=k8s.core.v1.PersistentVolumeClaimSpecArgs(
            access_modes=[access_mode],
            storage_class_name=inputs.optional("storage_class"),
            resources=k8s.core.v1.VolumeResourceRequirementsArgs(requests={"storage": size}),
        ),
        opts=opts,
    )


def _amount(size: int) -> str:
    """The size as the cluster spells it."""
    whole = int(size)
    return f"{whole}Gi" if whole % _GIBIBYTES else f"{whole // _GIBIBYTES}Ti"
