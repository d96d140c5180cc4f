"""Owns what a policy evaluation yields: findings and the decision they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from flowyml_infra.address import Address
    from flowyml_infra.resources.values import Json

FindingSeverity = Literal["deny", "warn", "info", "pending"]
Outcome = Literal["allow", "deny", "pending"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says.

    Attributes:
        rule: The rule's name, for example ``allowed_stacks``.
        severity: ``deny`` refuses; ``pending`` could not be decided yet and refuses an apply until it is.
        message: One sentence: what was found and what would be accepted.
        address: The resource concerned, or None for the stack as a whole.
        waived_by: Who waived it, or None.
    """

    rule: str
    severity: FindingSeverity
    message: str
    address: Address | None = None
    waived_by: str | None = None

    def to_json(self) -> dict[str, Json]:
        """The contracted JSON form."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "address": self.address,
            "message": self.message,
            "waived_by": self.waived_by,
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """The findings of every rule, and the digest of the policy that was applied."""

    findings: tuple[Finding, ...]
    policy_digest: str

    @property
    def outcome(self) -> Outcome:
        """``deny`` if any unwaived finding denies, else ``pending`` if any is pending, else ``allow``."""
        severities = {finding.severity for finding in self.findings if finding.waived_by is None}
        return "deny" if "deny" in severities else "pending" if "pending" in severities else "allow"

    def to_json(self) -> dict[str, Json]:
        """The contracted JSON form."""
        return {"decision": self.outcome, "findings": [finding.to_json() for finding in self.findings]}
