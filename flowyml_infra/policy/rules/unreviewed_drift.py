"""Owns the rule ``unreviewed_drift``: nothing is applied over what somebody changed behind the definition's back.

It goes by the last look at the world, which ``drift`` keeps. What a plan made with ``--refresh`` has seen by itself
stands in that plan, and whoever approves it has reviewed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from flowyml_infra.policy.options import count
from flowyml_infra.policy.rules.rule import Rule, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.policy.facts import DriftFacts
    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject

_LOOK = "look with `flowyml-infra drift`"
_REVIEW = "`flowyml-infra refresh` records it, so that the next plan sets it back; `drift --ack` lets it be for a while"


@dataclass(frozen=True, slots=True)
class Setting:
    """The most days since everything was last looked at, or None for any."""

    max_age_days: int | None


def read(options: Options) -> Setting:
    """The age, which may be left out."""
    return Setting(options.read("max_age_days", count, None))


def judge(subject: PolicySubject, setting: Setting) -> Iterator[Remark]:
    """Refuse changes while drift is not reviewed, or nobody has looked for too long."""
    if not any(change.chosen and change.action != "noop" for change in subject.changes):
        return
    drift = subject.facts.drift
    if drift is None:
        yield unknown("what drifted is not known", hint=_LOOK)
        return
    seen = _seen_by_plan(subject)
    for address, clause in _asked_about(drift.unreviewed, subject).items():
        if address not in seen:
            yield violated(f"it {clause}, and nobody reviewed that", address, _REVIEW)
    for address, reason in _asked_about(drift.unknown, subject).items():
        yield unknown(f"when last looked at, it could not be read: {reason}", address, _LOOK)
    if setting.max_age_days is not None and drift.since is not None:
        yield from _age(subject, drift, setting.max_age_days)


def _asked_about(found: Mapping[Address, str], subject: PolicySubject) -> dict[Address, str]:
    """Those of ``found`` that the rule's scope sees; what moves is found under the address that it had."""
    moves = () if subject.plan is None else subject.plan.moves
    seen = {change.address for change in subject.changes} | {move.source for move in moves}
    return {address: text for address, text in sorted(found.items()) if address in seen}


def _seen_by_plan(subject: PolicySubject) -> set[Address]:
    if subject.plan is None:
        return set()
    refreshed = subject.plan.refreshed
    return {row.address for row in (*refreshed.gone, *refreshed.changed)}


def _age(subject: PolicySubject, drift: DriftFacts, days: int) -> Iterator[Remark]:
    now, since = subject.facts.now, drift.since
    if now is None or since is None:
        yield unknown("it is not known when somebody last looked at the world", hint=_LOOK)
    elif now - since > timedelta(days=days):
        told = "the world was last looked at" if drift.looked else "nobody has looked at the world, and it was made"
        message = f"{told} {(now - since).days} days ago; at most {days} are allowed"
        yield violated(message, hint=_LOOK)


RULE = Rule(
    "unreviewed_drift",
    "changes while drift is not reviewed, or when nobody has looked for long",
    read,
    judge,
    main="max_age_days",
    purposes=frozenset({"apply"}),
    needs=frozenset({"drift"}),
    whole=True,
)
