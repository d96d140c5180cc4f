"""Owns how the outcome of an apply is shown."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from typing import TYPE_CHECKING

from flowyml_infra.apply.result import ApplyResult
from flowyml_infra.cli.terminal import Tone, printable
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.failure import diagnostics_of
from flowyml_infra.cli.views.output import output_lines
from flowyml_infra.cli.views.plan.symbols import PAST
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session
    from flowyml_infra.errors import ApplyInterruptedError, PartialApplyError

NAMED = 10
"""So many addresses are named of those that were not started."""


class ApplyView(View):
    """Shows how an apply ended."""

    @abstractmethod
    def done(self, result: ApplyResult) -> None:
        """Everything was carried out."""

    @abstractmethod
    def stopped(self, error: PartialApplyError | ApplyInterruptedError) -> None:
        """Something was not, because it failed or because the person stopped it."""


class ApplyHuman(ApplyView):
    """As text."""

    def done(self, result: ApplyResult) -> None:
        """Counts, seconds and the outputs."""
        if not result.applied:
            return
        self.terminal.say(f"\n{self.terminal.paint('Done:', Tone.GOOD)} {_counts(result)}, {result.seconds:.1f} s.")
        lines = output_lines(result.to_json()["outputs"])
        if lines:
            self.session.advise("\n".join(["\nOutputs:", *lines]))

    def stopped(self, error: PartialApplyError | ApplyInterruptedError) -> None:
        """What was done, what failed and why, what was not started, and how to go on."""
        terminal, result = self.terminal, error.result
        terminal.out.flush()
        terminal.note(f"\n{terminal.paint('Error:', Tone.ERROR)} {terminal.paint(printable(error.message), Tone.BOLD)}")
        for problem in error.diagnostics:
            terminal.note(f"  {problem.address}: {printable(problem.summary)}")
            if problem.hint:
                terminal.note(f"      {terminal.paint('hint:', Tone.MOVE)} {printable(problem.hint)}")
        if isinstance(result, ApplyResult):
            _note_not_started(result, self.session)
            terminal.note(f"  The state has serial {result.serial} and records all of it.")
        if error.hint:
            terminal.note(f"  {terminal.paint('hint:', Tone.MOVE)} {printable(error.hint)}")


class ApplyJson(ApplyView):
    """As the contracted document."""

    def done(self, result: ApplyResult) -> None:
        """Write it."""
        write_document(self.terminal, result.to_json())

    def stopped(self, error: PartialApplyError | ApplyInterruptedError) -> None:
        """Write it, with the problems as diagnostics beside it."""
        body: dict[str, object] = dict(error.result.to_json()) if isinstance(error.result, ApplyResult) else {}
        write_document(self.terminal, {**body, "diagnostics": [item.to_json() for item in diagnostics_of(error)]})


def _counts(result: ApplyResult) -> str:
    counts = Counter(item.action for item in result.applied)
    return ", ".join(f"{counts[action]:,} {past}" for action, past in PAST.items() if counts[action]) or "nothing to do"


def _note_not_started(result: ApplyResult, session: Session) -> None:
    waiting = result.not_started
    if not waiting:
        return
    shown = waiting if session.options.verbose else waiting[:NAMED]
    session.terminal.note(f"  not started: {', '.join(shown)}")
    if len(shown) < len(waiting):
        session.terminal.note(f"  ... and {len(waiting) - len(shown):,} more (-v names them all)")
