"""Owns the rule ``network_exposure``: ways in from the internet, and ways out to it, are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.options import choices
from flowyml_infra.policy.rules.rule import Rule, is_known, undecided, violated
from flowyml_infra.policy.traits import ADDRESSES, WAYS_IN, WAYS_OUT, is_wide, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PlannedChange, PolicySubject


def read(options: Options) -> tuple[str, ...]:
    """Which directions are closed: ``in``, ``out``."""
    return options.read("closed", choices("in", "out"), ("in",))


def judge(subject: PolicySubject, closed: tuple[str, ...]) -> Iterator[Remark]:
    """Refuse what is open in a direction that should be closed."""
    for change in subject.resources():
        if "in" in closed:
            yield from _ways(change, WAYS_IN)
            yield from _addresses(change)
        if "out" in closed:
            yield from _ways(change, WAYS_OUT)


def _ways(change: PlannedChange, ways: dict[str, object]) -> Iterator[Remark]:
    for name, value in named(change, tuple(ways)):
        if not is_known(value):
            yield undecided(change, name, value)
        elif value == ways[name]:
            yield violated(f"{name} is {value if isinstance(value, str) else 'on'}", change.address, f"close {name}")


def _addresses(change: PlannedChange) -> Iterator[Remark]:
    for name, value in named(change, ADDRESSES):
        if not is_known(value):
            yield undecided(change, name, value)
            continue
        for item in value if isinstance(value, list) else []:
            if isinstance(item, str) and is_wide(item):
                yield violated(f"{name} lets in {item}", change.address, f"name single addresses under {name}")


RULE = Rule("network_exposure", "ways in from the internet, or out to it", read, judge, main="closed")
