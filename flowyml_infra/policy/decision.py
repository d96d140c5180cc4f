"""Owns what a policy evaluation yields: findings and the decision they add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.resources.values import Json

FindingSeverity = Literal["deny", "warn", "info", "pending"]
Outcome = Literal["allow", "deny", "pending"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says.

    Attributes:
        rule: The rule's name in the policy, for example ``allowed_stacks`` or ``org/no-public-buckets``.
        severity: ``deny`` refuses; ``pending`` could not be decided yet and refuses an apply until it is.
        message: One sentence: what was found and what would be accepted.
        address: The resource concerned, or None for the stack as a whole.
        waived_by: Who waived it, why and until when, or None.
        hint: How to satisfy the rule, or empty.
        deferred: It is pending on a value that the apply itself will give; the rule is asked again before the resource
            is touched.
    """

    rule: str
    severity: FindingSeverity
    message: str
    address: Address | None = None
    waived_by: str | None = None
    hint: str = ""
    deferred: bool = False

    def to_json(self) -> dict[str, Json]:
        """The contracted JSON form."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "address": self.address,
            "message": self.message,
            "waived_by": self.waived_by,
            "hint": self.hint,
            "deferred": self.deferred,
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policies say.

    Attributes:
        findings: Of every rule.
        policy_digest: Digest of the policies that were asked.
        facts: What was collected outside before.
        cost: The contracted ``cost``: what the stack costs a month before and after; None where there are no prices.
    """

    findings: tuple[Finding, ...]
    policy_digest: str
    facts: Mapping[str, Json] = field(default_factory=dict)
    cost: dict[str, Json] | None = None

    @property
    def outcome(self) -> Outcome:
        """``deny`` if any unwaived finding denies, else ``pending`` if any is pending, else ``allow``."""
        severities = {finding.severity for finding in self.standing}
        return "deny" if "deny" in severities else "pending" if "pending" in severities else "allow"

    @property
    def standing(self) -> tuple[Finding, ...]:
        """The findings that nobody waived."""
        return tuple(finding for finding in self.findings if finding.waived_by is None)

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """What keeps an apply from starting: denials, and what nothing on the way could decide."""
        return tuple(
            item
            for item in self.standing
            if item.severity == "deny" or (item.severity == "pending" and not item.deferred)
        )

    @property
    def deferred(self) -> tuple[Finding, ...]:
        """What is decided during the apply, before the resource concerned is touched."""
        return tuple(item for item in self.standing if item.deferred)

    def to_json(self) -> dict[str, Json]:
        """The contracted JSON form."""
        return {"decision": self.outcome, "findings": [finding.to_json() for finding in self.findings]}
