"""Owns the rule ``gpus``: how many accelerators there can be at once, over the whole stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.options import count
from flowyml_infra.policy.rules.rule import Rule, is_known, undecided, unknown, violated
from flowyml_infra.policy.traits import COUNTED, accelerators

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject


def read(options: Options) -> int:
    """The limit."""
    return options.demand("limit", count)


def judge(subject: PolicySubject, limit: int) -> Iterator[Remark]:
    """Refuse more, and wait for what cannot be counted."""
    found: dict[str, int] = {}
    for change in subject.footprint():
        open_ = next((name for name in COUNTED if not is_known(change.after.get(name))), None)
        if open_ is not None:
            yield undecided(change, open_, change.after[open_])
            continue
        number = accelerators(change)
        if number is None:
            machine = change.after.get("machine_type")
            message = f"how many accelerators a {machine} has is not known"
            yield unknown(message, change.address, "choose a machine type that is, or have this one waived")
        elif number:
            found[change.address] = number
    total = sum(found.values())
    if total > limit:
        parts = ", ".join(f"{address} {number}" for address, number in found.items())
        message = f"{total} accelerators at once, and {limit} are allowed: {parts}"
        yield violated(message, hint="lower max_nodes, or choose machines with fewer")


RULE = Rule("gpus", "more accelerators at once than this", read, judge, main="limit", whole=True)
