"""Owns how environments are shown."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.values import columns
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.cli.commands.env import EnvironmentLine


class EnvironmentsView(View):
    """Shows environments."""

    @abstractmethod
    def show(self, lines: Sequence[EnvironmentLine]) -> None:
        """Show them."""


class EnvironmentsHuman(EnvironmentsView):
    """As a table."""

    def show(self, lines: Sequence[EnvironmentLine]) -> None:
        """One line each."""
        rows = [
            (line.name, line.stack or "-", "yes" if line.protected else "no", ", ".join(line.applied) or "-")
            for line in lines
        ]
        for line in columns(rows, ("NAME", "STACK", "PROTECTED", "RECORDED STACKS")):
            self.terminal.say(line)


class EnvironmentsJson(EnvironmentsView):
    """As a document."""

    def show(self, lines: Sequence[EnvironmentLine]) -> None:
        """``{"environments"}``."""
        listed = [
            {"name": line.name, "stack": line.stack, "protected": line.protected, "applied": list(line.applied)}
            for line in lines
        ]
        write_document(self.terminal, {"environments": listed})
