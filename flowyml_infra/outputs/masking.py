"""Owns what is shown in place of a value that may not be shown, or that nobody knows yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.values import Sealed, Secret, Unknown, encode, transform

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json, Leaf, Value

SECRET: Final = "(secret)"  # noqa: S105 -- what stands in a secret's place
"""What every document and every view has for a secret."""


def mask(value: Value) -> Json:
    """``value`` as JSON: secrets as :data:`SECRET`, unknowns as null, references as ``values.encode`` writes them."""
    return encode(transform(value, _masked))


def _masked(path: str, leaf: Leaf) -> Value:  # noqa: ARG001 -- the shape that transform asks for
    if isinstance(leaf, (Secret, Sealed)):
        return SECRET
    return None if isinstance(leaf, Unknown) else leaf
