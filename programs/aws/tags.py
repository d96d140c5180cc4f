"""Owns the tags that everything on AWS carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pulumi

    from ..component import Inputs

CREATION_TAG = "flowyml:creation"
"""The tag that holds the creation id, by which a thing is known again."""


PART_TAG = "flowyml:part"
"""The tag that tells things apart of which a resource has several, and whose ids AWS makes up."""


def tags(inputs: Inputs, part: str = "") -> dict[str, pulumi.Input[str]]:
    """The tags of the resource with its creation id beside them, and with ``part``, if there is any."""
    own = {CREATION_TAG: inputs.creation_id, **({PART_TAG: part} if part else {})}
    return {**inputs.pairs("tags"), **own}
