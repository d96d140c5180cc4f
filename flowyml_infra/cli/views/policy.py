"""Owns how policies, what they say, their examples and their waivers are shown."""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Terminal, Tone, printable
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.sources import shared_document
from flowyml_infra.cli.views.values import columns, counted
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flowyml_infra.policy.available import Available
    from flowyml_infra.policy.cases import CaseResult
    from flowyml_infra.policy.decision import Decision, Finding
    from flowyml_infra.policy.policy_set import Entry, PolicySet
    from flowyml_infra.policy.scope import Scope
    from flowyml_infra.policy.waivers import Waiver
    from flowyml_infra.project.replay import Replayed
    from flowyml_infra.state.key import DeploymentKey

_TONES = {"deny": Tone.ERROR, "pending": Tone.WARNING, "warn": Tone.WARNING, "info": Tone.DIM}


class CheckView(View):
    """Shows what the policies say about one deployment."""

    @abstractmethod
    def show(self, key: DeploymentKey, decision: Decision) -> None:
        """Show it."""


class CheckHuman(CheckView):
    """As text."""

    def show(self, key: DeploymentKey, decision: Decision) -> None:
        """A verdict, and each finding with how to satisfy it."""
        self.terminal.say(verdict(str(key), decision, self.terminal))
        for finding in decision.findings:
            for line in finding_lines(finding, self.terminal):
                self.terminal.say(line)


class CheckJson(CheckView):
    """As a document."""

    def show(self, key: DeploymentKey, decision: Decision) -> None:
        """``{"deployment", "policy", "policy_digest"}``."""
        deployment = {"stack": key.stack, "environment": key.environment}
        policy = decision.to_json()
        digest = decision.policy_digest
        write_document(self.terminal, {"deployment": deployment, "policy": policy, "policy_digest": digest})


def verdict(what: str, decision: Decision, terminal: Terminal) -> str:
    """One sentence."""
    if any(item.severity == "deny" for item in decision.refusals):
        return terminal.paint(f"Policies deny {what}.", Tone.ERROR)
    if decision.refusals:
        return terminal.paint(f"Policies cannot decide about {what}; until they can, it is refused.", Tone.WARNING)
    if decision.deferred:
        text = f"Policies allow {what} so far; what is open is decided before the resource is touched."
        return terminal.paint(text, Tone.WARNING)
    return terminal.paint(f"Policies allow {what}.", Tone.GOOD)


def finding_lines(finding: Finding, terminal: Terminal) -> list[str]:
    """What one rule says, how to satisfy it, and who waived it."""
    place = f" on {finding.address}" if finding.address else ""
    sign = terminal.paint(finding.severity.rjust(7), _TONES[finding.severity])
    lines = [f"{sign}  {finding.rule}{place}: {printable(finding.message)}"]
    if finding.waived_by:
        lines.append(f"         waived by {printable(finding.waived_by)}")
    elif finding.hint and finding.severity in ("deny", "pending"):
        lines.append(f"         hint: {printable(finding.hint)}")
    return lines


class InForceView(View):
    """Shows the rules in force and the waivers."""

    @abstractmethod
    def show(self, policies: PolicySet) -> None:
        """Show them."""


class InForceHuman(InForceView):
    """As tables."""

    def show(self, policies: PolicySet) -> None:
        """One line for each rule, each file from elsewhere, and each waiver."""
        if not policies.entries:
            self.terminal.say("No policies are in force.")
        else:
            rows = [
                (item.name, item.rule.name, item.severity, _where(item.scope), item.source) for item in policies.entries
            ]
            for line in columns(rows, ("NAME", "RULE", "SEVERITY", "COUNTS FOR", "FROM")):
                self.terminal.say(line)
        if policies.shared:
            self.terminal.say("")
            pinned = [(item.source, str(item.pin)) for item in policies.shared]
            for line in columns(pinned, ("FROM ELSEWHERE", "PINNED AT")):
                self.terminal.say(line)
        for sentence in policies.unchecked:
            self.terminal.say(self.terminal.paint(f"Warning: {printable(sentence)}", Tone.WARNING))
        if policies.waivers:
            self.terminal.say("")
            waived = [
                (item.rule, f"{item.stack}@{item.environment}", item.address or "-", _until(item), item.who, item.why)
                for item in policies.waivers
            ]
            for line in columns(waived, ("WAIVED", "FOR", "ADDRESS", "UNTIL", "WHO", "WHY")):
                self.terminal.say(line)


class InForceJson(InForceView):
    """As a document."""

    def show(self, policies: PolicySet) -> None:
        """``{"rules", "shared", "unchecked", "waivers", "policy_digest"}``."""
        now = datetime.now(UTC)
        write_document(
            self.terminal,
            {
                "rules": [_entry(item) for item in policies.entries],
                "shared": [shared_document(item) for item in policies.shared],
                "unchecked": list(policies.unchecked),
                "waivers": [{**item.to_json(), "active": item.counts(now)} for item in policies.waivers],
                "policy_digest": policies.digest,
            },
        )


def _entry(item: Entry) -> dict[str, object]:
    return {
        "name": item.name,
        "rule": item.rule.name,
        "severity": item.severity,
        "scope": _scope(item.scope),
        "waivable": item.waivable,
        "source": item.source,
        "version": item.rule.version or None,
    }


def _scope(scope: Scope) -> dict[str, object]:
    lists = {"stacks": scope.stacks, "environments": scope.environments, "addresses": scope.addresses}
    found: dict[str, object] = {name: list(globs) for name, globs in lists.items() if globs is not None}
    if scope.labels:
        found["labels"] = {label: list(values) for label, values in scope.labels.items()}
    return found


def _where(scope: Scope) -> str:
    parts = [
        *(scope.stacks or ()),
        *(f"@{name}" for name in scope.environments or ()),
        *(f"{label}={'|'.join(values)}" for label, values in scope.labels.items()),
        *(scope.addresses or ()),
    ]
    return " ".join(parts) or "everything"


def _until(waiver: Waiver) -> str:
    now = datetime.now(UTC)
    if waiver.counts(now):
        return waiver.until.isoformat()
    return f"{waiver.until.isoformat()} ({'too far off' if waiver.ends_too_late(now.date()) else 'ran out'})"


class AvailableView(View):
    """Shows the rules that there are."""

    @abstractmethod
    def show(self, rules: Sequence[Available]) -> None:
        """Show them."""


class AvailableHuman(AvailableView):
    """As text."""

    def show(self, rules: Sequence[Available]) -> None:
        """One line each."""
        rows = [(item.name, ", ".join(item.keys) or "-", item.summary, item.origin) for item in rules]
        for line in columns(rows, ("RULE", "KEYS", "REFUSES", "FROM")):
            self.terminal.say(line)


class AvailableJson(AvailableView):
    """As a document."""

    def show(self, rules: Sequence[Available]) -> None:
        """``{"available"}``."""
        found = [
            {"name": item.name, "summary": item.summary, "keys": list(item.keys), "origin": item.origin}
            for item in rules
        ]
        write_document(self.terminal, {"available": found})


class ExamplesView(View):
    """Shows how examples came out."""

    @abstractmethod
    def show(self, results: Sequence[CaseResult]) -> None:
        """Show it."""


class ExamplesHuman(ExamplesView):
    """As text."""

    def show(self, results: Sequence[CaseResult]) -> None:
        """One line each, and how many."""
        for item in results:
            sign = self.terminal.paint("  ok", Tone.GOOD) if item.passed else self.terminal.paint("FAIL", Tone.ERROR)
            self.terminal.say(f"{sign}  {item.file}: {printable(item.name)}")
            if not item.passed:
                self.terminal.say(f"      {printable(item.failure)}")
        failed = sum(not item.passed for item in results)
        tone = Tone.ERROR if failed else Tone.GOOD
        outcome = f"{failed} failed." if failed else "all hold."
        self.terminal.say(self.terminal.paint(f"{counted(len(results), 'example')}: {outcome}", tone))


class ExamplesJson(ExamplesView):
    """As a document."""

    def show(self, results: Sequence[CaseResult]) -> None:
        """``{"cases", "passed", "failed"}``."""
        cases = [
            {"file": item.file, "name": item.name, "passed": item.passed, "message": item.failure} for item in results
        ]
        passed = sum(item.passed for item in results)
        write_document(self.terminal, {"cases": cases, "passed": passed, "failed": len(results) - passed})


class ReplayView(View):
    """Shows what policies would say about what is recorded."""

    @abstractmethod
    def show(self, replayed: Sequence[Replayed]) -> None:
        """Show it."""


class ReplayHuman(ReplayView):
    """As text."""

    def show(self, replayed: Sequence[Replayed]) -> None:
        """A verdict for each deployment, and what refuses it."""
        if not replayed:
            self.terminal.say("Nothing is recorded.")
        for item in replayed:
            self.terminal.say(verdict(str(item.key), item.decision, self.terminal))
            if not item.defined:
                self.terminal.say("         its definition is gone, so it was judged without labels and image")
            for finding in item.decision.findings:
                for line in finding_lines(finding, self.terminal):
                    self.terminal.say(line)


class ReplayJson(ReplayView):
    """As a document."""

    def show(self, replayed: Sequence[Replayed]) -> None:
        """``{"deployments"}``."""
        found = [
            {
                "stack": item.key.stack,
                "environment": item.key.environment,
                "defined": item.defined,
                **item.decision.to_json(),
            }
            for item in replayed
        ]
        write_document(self.terminal, {"deployments": found})


class WaiveView(View):
    """Shows a waiver that was made."""

    @abstractmethod
    def show(self, waiver: Waiver, path: Path) -> None:
        """Show it."""


class WaiveHuman(WaiveView):
    """As text."""

    def show(self, waiver: Waiver, path: Path) -> None:
        """One sentence."""
        place = f" at {waiver.address}" if waiver.address else ""
        deployment = f"{waiver.stack}@{waiver.environment}"
        self.terminal.say(f"{waiver.rule} is waived{place} for {deployment} until {waiver.until}; {path.name} says so.")


class WaiveJson(WaiveView):
    """As a document."""

    def show(self, waiver: Waiver, path: Path) -> None:
        """``{"waiver", "file"}``."""
        write_document(self.terminal, {"waiver": waiver.to_json(), "file": str(path)})
