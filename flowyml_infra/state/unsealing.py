"""Owns the opening of what is sealed inside a recorded value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.resources.values import Sealed, transform

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowyml_infra.resources.values import Leaf, Value
    from flowyml_infra.state.store import Sealer


def unseal(value: Value, context: str, sealer: Callable[[], Sealer]) -> Value:
    """``value`` with its secrets in the clear, in memory.

    Args:
        value: The value.
        context: What its secrets are sealed for: the lineage, and the scope within it.
        sealer: Gives the state's encryption; asked only where there is something to open.

    Raises:
        StateError: A secret cannot be opened.
    """

    def change(_path: str, leaf: Leaf) -> Value:
        return sealer().unseal(leaf, context) if isinstance(leaf, Sealed) else leaf

    return transform(value, change)
