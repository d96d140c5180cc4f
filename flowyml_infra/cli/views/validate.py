"""Owns how the problems of a definition are shown."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.failure import render_diagnostics
from flowyml_infra.cli.views.values import counted
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.diagnostics import Diagnostic


class ValidateView(View):
    """Shows problems."""

    @abstractmethod
    def show(self, problems: Sequence[Diagnostic]) -> None:
        """Show them, or that there are none."""


class ValidateHuman(ValidateView):
    """As text."""

    def show(self, problems: Sequence[Diagnostic]) -> None:
        """Each problem with its place and cure, then how many there are."""
        if problems:
            self.terminal.say(render_diagnostics(problems, self.terminal) + "\n")
        errors = sum(problem.severity == "error" for problem in problems)
        if errors:
            self.terminal.say(self.terminal.paint(f"{counted(errors, 'error')}.", Tone.ERROR))
        else:
            self.terminal.say(self.terminal.paint("Valid.", Tone.GOOD))


class ValidateJson(ValidateView):
    """As a document."""

    def show(self, problems: Sequence[Diagnostic]) -> None:
        """``{"valid", "diagnostics"}``."""
        valid = not any(problem.severity == "error" for problem in problems)
        write_document(self.terminal, {"valid": valid, "diagnostics": [problem.to_json() for problem in problems]})
