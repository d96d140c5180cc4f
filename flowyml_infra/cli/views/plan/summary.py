"""Owns the sentences that sum a plan up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowyml_infra.cli.views.plan.picture import Picture

_ALWAYS = ("create", "update", "replace", "delete")


def summary(picture: Picture) -> str:
    """``3 to create, 0 to update, 1 to replace, 0 to delete, 1 moved, 20 unchanged``; a removal has no zeros."""
    always = () if picture.destroy else _ALWAYS
    parts = [
        f"{picture.counts[action]:,} to {action}" for action in _ALWAYS if action in always or picture.counts[action]
    ]
    parts += [f"{picture.counts[action]:,} to {action}" for action in ("forget", "import") if picture.counts[action]]
    unchanged = picture.counts["noop"] - picture.moved
    if picture.moved:
        parts.append(f"{picture.moved:,} moved")
    if unchanged:
        parts.append(f"{unchanged:,} unchanged")
    return ", ".join(parts)
