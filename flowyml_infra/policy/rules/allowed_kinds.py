"""Owns the rule ``allowed_kinds``: which kinds of resources there may be, and which not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.policy.options import listed, texts
from flowyml_infra.policy.rules.rule import Rule, matches, violated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject


@dataclass(frozen=True, slots=True)
class Setting:
    """Globs over ``provider.kind``: what is accepted, or None for everything, and what is not in any case."""

    allow: tuple[str, ...] | None
    deny: tuple[str, ...]


def read(options: Options) -> Setting:
    """The two lists."""
    options.one_of("allow", "deny")
    return Setting(options.read("allow", texts, None), options.read("deny", texts, ()))


def judge(subject: PolicySubject, setting: Setting) -> Iterator[Remark]:
    """Refuse other kinds."""
    for change in subject.resources():
        if matches(change.kind, setting.deny):
            yield violated(f"kind {change.kind} is not allowed", change.address, "leave it out")
        elif setting.allow is not None and not matches(change.kind, setting.allow):
            message = f"kind {change.kind} is not among the allowed ones: {listed(setting.allow)}"
            yield violated(message, change.address, "use one of those, or have the kind allowed")


RULE = Rule("allowed_kinds", "kinds of resources that are not listed, or that are denied", read, judge, main="allow")
