"""Owns how the audit log is shown."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone, printable
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.values import columns, counted
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.audit.event import AuditEvent
    from flowyml_infra.audit.verification import Verdict


class EventsView(View):
    """Shows events."""

    @abstractmethod
    def show(self, events: Sequence[AuditEvent]) -> None:
        """Show them, oldest first."""


class EventsHuman(EventsView):
    """As a table."""

    def show(self, events: Sequence[AuditEvent]) -> None:
        """One line each."""
        if not events:
            self.terminal.say("No events are recorded.")
            return
        rows = [
            (
                str(event.seq),
                event.at[:19].replace("T", " "),
                event.name,
                _deployment(event),
                _outcome(event),
                event.who,
                str(event.origin.get("command", "-")),
            )
            for event in events
        ]
        for line in columns(rows, ("#", "AT (UTC)", "EVENT", "STACK", "RESULT", "WHO", "COMMAND")):
            self.terminal.say(line)


class EventsJson(EventsView):
    """As a document."""

    def show(self, events: Sequence[AuditEvent]) -> None:
        """``{"events"}``, with the hashes."""
        write_document(self.terminal, {"events": [event.to_json() for event in events]})


class VerdictView(View):
    """Says whether the log is whole."""

    @abstractmethod
    def show(self, verdict: Verdict) -> None:
        """Say it, with what is wrong."""


class VerdictHuman(VerdictView):
    """As text."""

    def show(self, verdict: Verdict) -> None:
        """A line for each problem; else what the verdict rests on."""
        for problem in verdict.problems:
            self.terminal.say(f"  event {problem.seq}: {printable(problem.message)}")
        if verdict.problems:
            found = counted(len(verdict.problems), "problem")
            self.terminal.say(self.terminal.paint(f"The audit log has {found}.", Tone.ERROR))
            return
        self.terminal.say(self.terminal.paint("The audit log is whole.", Tone.GOOD))
        if verdict.head.seq:
            self.terminal.say(
                f"It has {counted(verdict.head.seq, 'event')}; the last one's hash is {verdict.head.hash}."
            )
        if verdict.signed is not None and verdict.signed.seq:
            self.terminal.say(
                f"The first {verdict.signed.seq} are signed with the key {printable(verdict.signed.key)}."
            )
        elif verdict.head.seq and not verdict.compared:
            self.terminal.say(
                "No earlier end of it is known here, so a log rewritten or cut as a whole would not show."
            )


class VerdictJson(VerdictView):
    """As a document."""

    def show(self, verdict: Verdict) -> None:
        """``{"whole", "problems", "events", "hash", "compared", "signed"}``."""
        write_document(
            self.terminal,
            {
                "whole": not verdict.problems,
                "problems": [{"seq": problem.seq, "message": problem.message} for problem in verdict.problems],
                "events": verdict.head.seq,
                "hash": verdict.head.hash,
                "compared": verdict.compared,
                "signed": None if verdict.signed is None else verdict.signed.to_json(),
            },
        )


def _deployment(event: AuditEvent) -> str:
    if event.stack is None:
        return "-"
    return f"{event.stack}@{event.environment}" if event.environment else event.stack


def _outcome(event: AuditEvent) -> str:
    """What came of it, where its facts say so."""
    for fact in ("result", "decision"):
        if isinstance(event.data.get(fact), str):
            return str(event.data[fact])
    valid = event.data.get("valid")
    return "-" if valid is None else "valid" if valid else "invalid"
