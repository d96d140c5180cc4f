"""Owns the labels that every object in a cluster carries, and the id by which the engine knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from ..component import Inputs

CREATION_LABEL = "flowyml-infra/creation"
"""The label that holds the creation id, by which an object is known again."""


def labels(inputs: Inputs) -> dict[str, pulumi.Input[str]]:
    """The labels of the resource with its creation id beside them."""
    return {**inputs.pairs("labels"), CREATION_LABEL: inputs.creation_id}


def object_id(inputs: Mapping[str, Any]) -> str | None:
    """The id of the object with these inputs: its name, after its namespace if it is in one."""
    metadata = inputs.get("metadata") or {}
    name, namespace = metadata.get("name"), metadata.get("namespace")
    return name if name is None or namespace is None else f"{namespace}/{name}"
