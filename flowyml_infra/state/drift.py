"""Owns the shape of what is on record about drift: the last look, what it found, and what was taken note of.

A look changes nothing that is recorded about resources, and so counts in no serial.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import date

    from flowyml_infra.address import Address

Condition = Literal["changed", "gone", "unknown"]
"""How something differs from what is recorded; ``unknown`` when it could not be read."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look found at one address that is not as recorded. It holds no values, only where they differ.

    Attributes:
        address: Where.
        condition: How it differs.
        digest: Tells this difference from every other at this address; empty for ``unknown``.
        at: When it was looked at, in UTC, ISO 8601.
        serial: The deployment's serial at that time.
        fields: The paths that differ.
        reason: Why it could not be read.
    """

    address: Address
    condition: Condition
    digest: str
    at: str
    serial: int
    fields: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """The last look at the world.

    Attributes:
        at: When everything was last looked at, in UTC, ISO 8601; None when only parts ever were.
        who: Who looked last.
        resources: How many resources everything was; 0 when only parts ever were.
        findings: What is not as recorded, as far as nothing was done about it since.
    """

    at: str | None
    who: str
    resources: int
    findings: tuple[Finding, ...] = ()

    def merged(self, other: Look, seen: AbstractSet[Address]) -> Look:
        """This look with what ``other``, a later one at ``seen`` alone, found there."""
        kept = tuple(item for item in self.findings if item.address not in seen)
        findings = tuple(sorted((*kept, *other.findings), key=lambda item: item.address))
        return Look(self.at, other.who, self.resources, findings)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody knows of one drift, and lets it be until a day.

    Attributes:
        address: Where.
        digest: Of the drift; any other at this address is not covered.
        who: Who answers for it.
        at: Since when, in UTC, ISO 8601.
        until: The last day on which it counts, in UTC.
        why: Why it is right.
    """

    address: Address
    digest: str
    who: str
    at: str
    until: date
    why: str

    def covers(self, address: Address, digest: str, today: date) -> bool:
        """Whether it is about this drift, and has not run out."""
        return (self.address, self.digest) == (address, digest) and today <= self.until


def acknowledged(finding: Finding, known: Sequence[Acknowledgement], today: date) -> Acknowledgement | None:
    """The acknowledgement that covers ``finding``, or None."""
    return next((item for item in known if item.covers(finding.address, finding.digest, today)), None)


def standing(
    findings: Sequence[Finding], recorded: AbstractSet[Address], touched: Mapping[Address, int]
) -> tuple[Finding, ...]:
    """Those of ``findings`` that nothing was done about.

    Args:
        findings: What a look found.
        recorded: The addresses that are recorded now.
        touched: The serial from which the last operation on an address went out.
    """
    return tuple(item for item in findings if item.address in recorded and touched.get(item.address, -1) < item.serial)
