"""Owns the rule ``who_may_apply``: only these people and services act on the stacks in its scope.

Who is acting is what the machine or the job says of itself. It keeps honest people from mistakes; whoever controls the
machine can claim another name, so the credentials of the cloud have to be limited as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.options import listed, shown, texts
from flowyml_infra.policy.rules.rule import CHANGING, Rule, matches, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject


def read(options: Options) -> tuple[str, ...]:
    """Globs over ``user@host`` or ``service:actor/project#run``."""
    return options.demand("actors", texts)


def judge(subject: PolicySubject, patterns: tuple[str, ...]) -> Iterator[Remark]:
    """Refuse others."""
    actor = subject.facts.actor
    if actor is None:
        yield unknown("it is not known who is acting")
    elif not matches(actor, patterns):
        message = f"{shown(actor)} may not do this; accepted: {listed(patterns)}"
        yield violated(message, hint="have one of those do it")


RULE = Rule(
    "who_may_apply",
    "applies by anybody else",
    read,
    judge,
    main="actors",
    purposes=CHANGING,
)
