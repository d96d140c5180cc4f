"""Owns the rule ``who_may_apply``: only these people and services act on the stacks in its scope.

Who is acting is what environment variables say, and with ``verified`` what the operating system says as well. Neither
holds against somebody who controls the machine, so the credentials of the cloud have to be limited too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.policy.options import flag, listed, shown, texts
from flowyml_infra.policy.rules.rule import CHANGING, Rule, matches, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject


@dataclass(frozen=True, slots=True)
class Setting:
    """Globs over ``user@host`` or ``service:actor/project#run``, and whether the user has to be the account."""

    actors: tuple[str, ...]
    verified: bool


def read(options: Options) -> Setting:
    """The setting."""
    return Setting(options.demand("actors", texts), options.read("verified", flag, False))  # noqa: FBT003


def judge(subject: PolicySubject, setting: Setting) -> Iterator[Remark]:
    """Refuse others, and names that nothing but a variable vouches for where that is not enough."""
    actor, account = subject.facts.actor, subject.facts.account
    if actor is None:
        yield unknown("it is not known who is acting")
    elif not matches(actor, setting.actors):
        message = f"{shown(actor)} may not do this; accepted: {listed(setting.actors)}"
        yield violated(message, hint="have one of those do it")
    elif setting.verified and (_is_job(actor) or actor.rpartition("@")[0] != account):
        message = f"{shown(actor)} is what variables say, and the account is {shown(account or 'unknown')}"
        yield violated(message, hint="do it under the account of one of those")


def _is_job(actor: str) -> bool:
    """Whether a service stands before a colon, which no account has in its name."""
    return ":" in actor


RULE = Rule(
    "who_may_apply",
    "applies by anybody else",
    read,
    judge,
    main="actors",
    purposes=CHANGING,
)
