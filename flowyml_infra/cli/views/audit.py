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

    from flowyml_infra.audit.chain import ChainProblem
    from flowyml_infra.audit.event import AuditEvent


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
            (str(event.seq), event.at[:19].replace("T", " "), event.name, _deployment(event), event.who)
            for event in events
        ]
        for line in columns(rows, ("#", "AT (UTC)", "EVENT", "STACK", "WHO")):
            self.terminal.say(line)


class EventsJson(EventsView):
    """As a document."""

    def show(self, events: Sequence[AuditEvent]) -> None:
        """``{"events"}``, with the hashes."""
        write_document(
            self.terminal,
            {
                "events": [
                    {
                        "seq": event.seq,
                        "at": event.at,
                        "name": event.name,
                        "stack": event.stack,
                        "environment": event.environment,
                        "who": event.who,
                        "data": dict(event.data),
                        "previous": event.previous,
                        "hash": event.hash,
                    }
                    for event in events
                ]
            },
        )


class VerdictView(View):
    """Says whether the log is whole."""

    @abstractmethod
    def show(self, problems: Sequence[ChainProblem]) -> None:
        """Say it, with what is wrong."""


class VerdictHuman(VerdictView):
    """As text."""

    def show(self, problems: Sequence[ChainProblem]) -> None:
        """A line for each problem."""
        if not problems:
            self.terminal.say(self.terminal.paint("The audit log is whole.", Tone.GOOD))
            return
        for problem in problems:
            self.terminal.say(f"  event {problem.seq}: {printable(problem.message)}")
        self.terminal.say(self.terminal.paint(f"The audit log has {counted(len(problems), 'problem')}.", Tone.ERROR))


class VerdictJson(VerdictView):
    """As a document."""

    def show(self, problems: Sequence[ChainProblem]) -> None:
        """``{"whole", "problems"}``."""
        found = [{"seq": problem.seq, "message": problem.message} for problem in problems]
        write_document(self.terminal, {"whole": not problems, "problems": found})


def _deployment(event: AuditEvent) -> str:
    if event.stack is None:
        return "-"
    return f"{event.stack}@{event.environment}" if event.environment else event.stack
