"""Owns the rule ``allowed_regions``: everything is in one of these regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.options import listed, shown, texts
from flowyml_infra.policy.rules.rule import Rule, is_known, matches, undecided, violated
from flowyml_infra.resources.catalogue import find_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject

_PROPERTIES = ("region", "regions")


def read(options: Options) -> tuple[str, ...]:
    """The patterns."""
    return options.demand("regions", texts)


def judge(subject: PolicySubject, patterns: tuple[str, ...]) -> Iterator[Remark]:
    """Refuse what is elsewhere, and wait for what is not said."""
    accepted = f"accepted: {listed(patterns)}"
    for change in subject.resources():
        for name in _PROPERTIES:
            if find_kind(change.address).property(name) is None:
                continue
            value = change.after.get(name)
            if not is_known(value):
                yield undecided(change, name, value)
                continue
            places = value if isinstance(value, list) else [value]
            hint = f"set spec.location or {name} to an accepted region"
            if not places:
                yield violated(f"{name} is empty, which lets the provider choose; {accepted}", change.address, hint)
            for place in places:
                if not isinstance(place, str) or not matches(place, patterns):
                    yield violated(f"{name} is {shown(place)}; {accepted}", change.address, hint)


RULE = Rule("allowed_regions", "a resource outside these regions", read, judge, main="regions")
