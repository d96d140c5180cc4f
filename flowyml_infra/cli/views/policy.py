"""Owns how policies, what they say, their examples and their waivers are shown."""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Terminal, Tone, printable
from flowyml_infra.cli.views.document import write_document
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
