"""Owns how what concerns the state database as a whole is shown."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import asdict
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone, printable
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.state.diagnosis import Finding


_SIGNS = {"working": ("..", Tone.DIM), "open": ("--", Tone.WARNING), "damaged": ("!!", Tone.ERROR)}


class DiagnosisView(View):
    """Shows what is open or damaged in a state."""

    @abstractmethod
    def show(self, findings: Sequence[Finding]) -> None:
        """Show them."""


class DiagnosisHuman(DiagnosisView):
    """As a list."""

    def show(self, findings: Sequence[Finding]) -> None:
        """Two lines each: what is the case, and what comes next."""
        if not findings:
            self.terminal.say("Nothing is open, and everything is as it was written.")
        for finding in findings:
            sign, tone = _SIGNS[finding.status]
            self.terminal.say(
                f"{self.terminal.paint(sign, tone)}  {printable(finding.subject)}: {printable(finding.text)}\n"
                f"    {printable(finding.next)}"
            )


class DiagnosisJson(DiagnosisView):
    """As a document."""

    def show(self, findings: Sequence[Finding]) -> None:
        """``{"findings"}``."""
        write_document(self.terminal, {"findings": [asdict(finding) for finding in findings]})


class GrantsView(View):
    """Shows the statements that grant rights."""

    @abstractmethod
    def show(self, statements: Sequence[str]) -> None:
        """Show them."""


class GrantsHuman(GrantsView):
    """As a script."""

    def show(self, statements: Sequence[str]) -> None:
        """One line each."""
        for statement in statements:
            self.terminal.say(statement)


class GrantsJson(GrantsView):
    """As a document."""

    def show(self, statements: Sequence[str]) -> None:
        """``{"statements"}``."""
        write_document(self.terminal, {"statements": list(statements)})
