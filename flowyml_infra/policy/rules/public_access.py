"""Owns the rule ``public_access``: nothing that holds data or accepts calls is open to everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.options import texts
from flowyml_infra.policy.rules.rule import Rule, is_known, matches, undecided, violated
from flowyml_infra.policy.traits import OPEN, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject


def read(options: Options) -> tuple[str, ...]:
    """Globs of the kinds that may be open."""
    return options.read("except_kinds", texts, ())


def judge(subject: PolicySubject, exempt: tuple[str, ...]) -> Iterator[Remark]:
    """Refuse what is open."""
    for change in subject.resources():
        if matches(change.kind, exempt):
            continue
        for name, value in named(change, OPEN):
            if not is_known(value):
                yield undecided(change, name, value)
            elif value is True:
                yield violated(f"{name} is on", change.address, f"set {name}: false")


RULE = Rule("public_access", "resources that are open to everybody", read, judge)
