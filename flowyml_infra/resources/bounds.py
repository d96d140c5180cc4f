"""Owns the check that the fewest machines are no more than the most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.resources.kind import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Value


def nodes_check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    """The fault of ``min_nodes`` above ``max_nodes``."""
    least, most = properties.get("min_nodes"), properties.get("max_nodes")
    if isinstance(least, int) and isinstance(most, int) and most < least:
        yield Fault("max_nodes", f"is {most}, less than min_nodes", f"write at least {least}")
