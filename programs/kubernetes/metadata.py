"""Owns what every object in a cluster is told apart by: name, labels, selector, and the id that the engine knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as k8s

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..component import Inputs

CREATION_LABEL = "flowyml-infra/creation"
"""The label that holds the creation id, by which an object is known again."""
OWNERSHIP: Mapping[str, str] = {"pulumi.com/patchFieldManager": "flowyml-infra", "pulumi.com/patchForce": "true"}
"""Annotations by which the engine is one owner of its fields, whatever it forgot, and takes back what others set."""
_KIND_LABEL = "flowyml-infra/kind"


def labels(inputs: Inputs) -> dict[str, pulumi.Input[str]]:
    """The labels of the resource with its creation id beside them."""
    return {**inputs.pairs("labels"), CREATION_LABEL: inputs.creation_id}


def metadata(inputs: Inputs, annotations: Mapping[str, pulumi.Input[str]] | None = None) -> k8s.meta.v1.ObjectMetaArgs:
    """The metadata of an object in a namespace; all objects of a resource have its name."""
    return k8s.meta.v1.ObjectMetaArgs(
        name=inputs.text("name"),
        namespace=inputs.text("namespace"),
        labels=labels(inputs),
        annotations={**(annotations or {}), **OWNERSHIP},
    )


def selector(inputs: Inputs, kind: str) -> dict[str, pulumi.Input[str]]:
    """The labels that the resource's pods are found by; they stay, for another selector makes another server."""
    return {"app.kubernetes.io/name": inputs.text("name"), _KIND_LABEL: kind}


def host(inputs: Inputs) -> pulumi.Output[str]:
    """Where clients in the cluster find the resource's service."""
    return pulumi.Output.concat(inputs.text("name"), ".", inputs.text("namespace"), ".svc")


def called(made: pulumi.Output[k8s.meta.v1.outputs.ObjectMeta]) -> pulumi.Output[str]:
    """The name of an object that is made."""
    return made.apply(lambda found: str(found.name))


def object_id(inputs: Mapping[str, Any]) -> str | None:
    """The id of the object with these inputs: its name, after its namespace if it is in one."""
    found = inputs.get("metadata") or {}
    name, namespace = found.get("name"), found.get("namespace")
    return name if name is None or namespace is None else f"{namespace}/{name}"
