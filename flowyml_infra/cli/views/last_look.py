"""Owns how the last look at the world is shown beside what is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import one_line
from flowyml_infra.cli.views.drift import acknowledgement_document, told
from flowyml_infra.project.known_drift import described

if TYPE_CHECKING:
    from flowyml_infra.project.known_drift import LastLook
    from flowyml_infra.state.drift import Finding


def look_lines(last: LastLook) -> list[str]:
    """When somebody looked last, and what was found that nothing was done about since."""
    look = last.look
    when = "only at parts of it" if look.at is None else f"{look.at[:19].replace('T', ' ')} UTC"
    found = [f"  {item.address} {_clause(item, last)}" for item in look.findings]
    return [f"Last look at the world: {when}, by {one_line(look.who)}{'' if found else '; no drift'}", *found]


def _clause(item: Finding, last: LastLook) -> str:
    if item.condition == "unknown":
        return f"could not be read: {one_line(item.reason)}"
    known = last.acknowledged.get(item.address)
    return one_line(described(item)) + (f" ({told(known)})" if known is not None else "")


def look_document(last: LastLook) -> dict[str, object]:
    """The same for programs."""
    return {
        "looked_at": last.look.at,
        "looked_by": last.look.who,
        "resources": last.look.resources,
        "findings": [_finding(item, last) for item in last.look.findings],
    }


def _finding(item: Finding, last: LastLook) -> dict[str, object]:
    known = last.acknowledged.get(item.address)
    return {
        "address": str(item.address),
        "condition": item.condition,
        "fields": list(item.fields),
        "reason": item.reason,
        "at": item.at,
        "acknowledged": None if known is None else acknowledgement_document(known),
    }
