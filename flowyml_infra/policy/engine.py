"""Owns the evaluation of policies: every entry is asked whose scope holds, what they say adds up, waivers are applied.

It reads nothing but its arguments. It fails closed: a rule that breaks down denies.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from flowyml_infra.errors import InfraError
from flowyml_infra.policy.decision import Decision, Finding
from flowyml_infra.policy.rules import secure_defaults
from flowyml_infra.policy.waivers import LONGEST_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowyml_infra.address import Address
    from flowyml_infra.policy.decision import FindingSeverity
    from flowyml_infra.policy.policy_set import Entry, PolicySet
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject
    from flowyml_infra.resources.values import Json

FILES: Final = "files"
"""What findings about the files of policies are called."""
_MILDER: Final = {"deny": "warn", "warn": "warn", "info": "info"}


def evaluate(subject: PolicySubject, policies: PolicySet) -> Decision:
    """What ``policies`` say about ``subject``; findings in the order of the entries."""
    findings = [Finding(FILES, "warn", sentence) for sentence in policies.unchecked]
    findings += secure_defaults.judge(subject)
    for entry in policies.entries:
        if policies.asks(entry, subject):
            findings.extend(_ask(entry, subject))
        findings.extend(_renamed(entry, subject))
    judged = [_waived(finding, subject, policies) for finding in findings]
    facts = subject.facts.to_json() if policies.entries else {}
    return Decision((*judged, *_expired(judged, subject, policies)), policies.digest, facts, _cost(subject, policies))


def _cost(subject: PolicySubject, policies: PolicySet) -> dict[str, Json] | None:
    if policies.prices is None or subject.purpose == "run":
        return None
    from flowyml_infra.policy.prices import estimate

    there = (replace(change, after=change.before) for change in subject.changes if change.before)
    before, after = estimate(there, policies.prices), estimate(subject.footprint(), policies.prices)
    return {
        "currency": policies.prices.currency,
        "monthly_before": round(before.monthly, 2),
        "monthly_after": round(after.monthly, 2),
        "unpriced": [str(address) for address in (*after.unpriced, *(address for address, _ in after.open))],
    }


def ask_again(subject: PolicySubject, policies: PolicySet, address: Address) -> tuple[Finding, ...]:
    """What denies, or is still open, about the resource at ``address`` now that its values are known.

    Rules that look at one resource at a time are asked about this one alone.
    """
    alone = replace(subject, changes=tuple(change for change in subject.changes if change.address == address))
    findings: list[Finding] = []
    for entry in policies.entries:
        if policies.asks(entry, subject):
            findings.extend(_ask(entry, subject if entry.rule.whole else alone))
    judged = (_waived(finding, subject, policies) for finding in findings)
    return tuple(
        finding
        for finding in judged
        if finding.waived_by is None
        and (finding.severity == "deny" or (finding.severity == "pending" and finding.address == address))
    )


def _ask(entry: Entry, subject: PolicySubject) -> list[Finding]:
    try:
        remarks: Iterable[Remark] = list(entry.rule.judge(entry.scope.narrow(subject), entry.setting))
    except InfraError as error:
        return [Finding(entry.name, "deny", error.message, hint=error.hint or "")]
    except Exception as error:
        # Its text may hold a secret, so only its type is told.
        message = f"the rule broke down ({type(error).__name__}), so it can allow nothing"
        return [Finding(entry.name, "deny", message, hint="mend the rule")]
    return [_finding(entry, remark) for remark in remarks]


def _finding(entry: Entry, remark: Remark) -> Finding:
    severity: FindingSeverity = "info"
    deferred = False
    message = remark.message
    if remark.verdict == "violated":
        severity = entry.severity
    elif remark.verdict == "doubtful":
        severity = "warn" if _MILDER[entry.severity] == "warn" else "info"
    elif remark.verdict == "unknown" and entry.severity == "deny":
        severity, deferred = "pending", remark.later
    elif remark.verdict == "unknown":
        severity, message = entry.severity, f"not decided: {remark.message}"
    return Finding(entry.name, severity, message, remark.address, hint=remark.hint, deferred=deferred)


def _renamed(entry: Entry, subject: PolicySubject) -> Iterator[Finding]:
    """What ``entry`` would lose sight of: resources that its scope knows by a name which they had before.

    While ``spec.moved`` tells of it the rule is asked all the same. Where the record alone is renamed nothing tells of
    it any more, so that what may deny denies.
    """
    if subject.destroys or not entry.scope.holds(subject):
        return
    severity: FindingSeverity = entry.severity
    if severity == "deny" and subject.purpose != "edit":
        severity = "warn"
    for change in subject.changes:
        if change.stays and entry.scope.holds_former(change):
            message = f"its scope knows {change.address} by the name that it had before, {change.former[0]}"
            hint = f"name {change.address} in the scope of {entry.name}, in {entry.source}"
            yield Finding(entry.name, severity, message, change.address, hint=hint)


def _waived(finding: Finding, subject: PolicySubject, policies: PolicySet) -> Finding:
    if finding.severity not in ("deny", "pending"):
        return finding
    for waiver in policies.waivers:
        if waiver.covers(subject, finding) and waiver.counts(subject.facts.now):
            return replace(finding, waived_by=str(waiver), deferred=False)
    return finding


def _expired(findings: list[Finding], subject: PolicySubject, policies: PolicySet) -> Iterator[Finding]:
    """Waivers that would cover a denial, had they not run out, or no end that is near enough."""
    for waiver in policies.waivers:
        if waiver.counts(subject.facts.now):
            continue
        for finding in findings:
            if finding.waived_by is None and finding.severity == "deny" and waiver.covers(subject, finding):
                end = waiver.until.isoformat()
                message = f"the waiver of {waiver.who} ran out on {end}"
                if subject.facts.now is not None and waiver.ends_too_late(subject.facts.now.date()):
                    message = f"the waiver of {waiver.who} ends on {end}, more than {LONGEST_DAYS} days off"
                yield Finding(finding.rule, "info", message, finding.address, hint="`policy waive` makes a new one")
                break
