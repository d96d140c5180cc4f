"""Owns the error of a denial: which rules refuse, and one diagnostic for each thing that they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.diagnostics import Diagnostic
from flowyml_infra.errors import PolicyDeniedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.policy.decision import Finding


def denied(findings: Sequence[Finding], what: str, address: Address | None = None) -> PolicyDeniedError:
    """The error for ``findings``.

    Args:
        findings: What refuses, one at least.
        what: What is refused, as the beginning of a sentence that ends with the rules.
        address: The one resource that is refused, or None for the whole.
    """
    rules = ", ".join(dict.fromkeys(item.rule for item in findings))
    problems = [_diagnostic(item) for item in findings]
    detail = "\n".join(problem.summary for problem in problems) if address is not None else None
    hint = findings[0].hint or None
    return PolicyDeniedError(f"{what} {rules}", address=address, detail=detail, hint=hint, diagnostics=problems)


def _diagnostic(finding: Finding) -> Diagnostic:
    undecided = finding.severity == "pending"
    return Diagnostic(
        "error",
        f"policy.{finding.rule}",
        f"{finding.rule}: {finding.message}",
        detail="A rule that is not decided does not allow anything." if undecided else "",
        address=finding.address,
        hint=finding.hint or None,
    )
