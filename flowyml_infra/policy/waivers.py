"""Owns waivers: who lets which rule pass at which address, why, and until when. Writing their file is not here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from flowyml_infra.policy.options import Options, SettingError, mapping, text

if TYPE_CHECKING:
    from flowyml_infra.policy.decision import Finding
    from flowyml_infra.policy.subject import PolicySubject
    from flowyml_infra.resources.values import Json

WAIVERS_FILE: Final = "flowyml.waivers.yaml"
"""Where a project keeps its waivers, beside flowyml.yaml and under the same review."""

LONGEST_DAYS: Final = 366
"""A waiver has an end that somebody who wrote it can still be asked about."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """One rule let pass, for one deployment.

    Attributes:
        rule: The rule's name in the policy.
        stack: The stack's name.
        environment: The environment's name.
        address: The resource, or None for what the rule says about the stack itself.
        who: Who answers for it.
        why: Why it is right.
        until: The last day on which it counts, in UTC.
    """

    rule: str
    stack: str
    environment: str
    address: str | None
    who: str
    why: str
    until: date

    def covers(self, subject: PolicySubject, finding: Finding) -> bool:
        """Whether it is about ``finding``; whether it still counts is another question."""
        here = (self.stack, self.environment) == (subject.stack, subject.environment)
        return here and (self.rule, self.address) == (finding.rule, finding.address)

    def counts(self, now: datetime | None) -> bool:
        """Whether it has not run out at ``now``, nor ends too far off; without a time, none counts."""
        if now is None or self.ends_too_late(now.astimezone(UTC).date()):
            return False
        return now < datetime.combine(self.until + timedelta(days=1), time(), UTC)

    def ends_too_late(self, today: date) -> bool:
        """Whether its end is more than :data:`LONGEST_DAYS` off, so that it is none."""
        return (self.until - today).days > LONGEST_DAYS

    def __str__(self) -> str:
        return f"{self.who} until {self.until.isoformat()}: {self.why}"

    def to_json(self) -> dict[str, Json]:
        """As its file and reports have it."""
        return {
            "rule": self.rule,
            "stack": self.stack,
            "environment": self.environment,
            "address": self.address,
            "who": self.who,
            "why": self.why,
            "until": self.until.isoformat(),
        }


def read_waiver(setting: Json) -> Waiver:
    """A waiver as its file has it.

    Raises:
        SettingError: It is something else.
    """
    options = Options(mapping(setting))
    waiver = Waiver(
        rule=options.demand("rule", text),
        stack=options.demand("stack", text),
        environment=options.demand("environment", text),
        address=options.read("address", _address, None),
        who=options.demand("who", text),
        why=options.demand("why", text),
        until=options.demand("until", read_day),
    )
    options.finish()
    return waiver


def read_day(setting: Json) -> date:
    """A day, written as ``2026-03-31``.

    Raises:
        SettingError: It is something else.
    """
    written = text(setting)
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise SettingError(f"is {written!r}, which is no day", hint="write it as 2026-03-31") from None


def _address(setting: Json) -> str | None:
    return None if setting is None else text(setting)
