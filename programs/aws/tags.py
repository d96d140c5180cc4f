"""Owns the tags that everything on AWS carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pulumi

    from ..component import Inputs

CREATION_TAG = "flowyml:creation"
"""The tag that holds the creation id, by which a thing is known again."""


def tags(inputs: Inputs) -> dict[str, pulumi.Input[str]]:
    """The tags of the resource with its creation id beside them."""
    return {**inputs.pairs("tags"), CREATION_TAG: inputs.creation_id}
