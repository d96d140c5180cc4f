"""Owns how a new project is presented."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class InitView(View):
    """Presents a new project."""

    @abstractmethod
    def show(self, target: Path, template: str, files: Sequence[str]) -> None:
        """Say what was written where."""


class InitHuman(InitView):
    """As text."""

    def show(self, target: Path, template: str, files: Sequence[str]) -> None:
        """The files, then the next step."""
        where = "this folder" if str(target) == "." else str(target)
        self.session.terminal.say(f"Made a project from the {template} starter in {where}:")
        for path in files:
            self.session.terminal.say(f"  {path}")
        change = "" if str(target) == "." else f"cd {target} && "
        self.session.advise(f"\nNext: {change}flowyml-infra plan")


class InitJson(InitView):
    """As a document."""

    def show(self, target: Path, template: str, files: Sequence[str]) -> None:
        """``{"directory", "template", "files"}``."""
        write_document(self.terminal, {"directory": str(target), "template": template, "files": list(files)})
