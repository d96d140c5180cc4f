"""Owns how the engine's CLI is shown."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import printable
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from flowyml_infra.errors import EngineUnavailableError


class EngineView(View):
    """Shows the CLI."""

    @abstractmethod
    def show(self, path: str, version: str, tested: str) -> None:
        """Show the one that is used, and the version that this library is tested with."""

    @abstractmethod
    def missing(self, error: EngineUnavailableError, tested: str) -> None:
        """Say that there is none, and what to do."""


class EngineHuman(EngineView):
    """In words."""

    def show(self, path: str, version: str, tested: str) -> None:
        """One line, and one more where the versions differ."""
        self.terminal.say(f"The Pulumi CLI {version} is at {printable(path)}.")
        if version != tested:
            self.terminal.say(f"This version of flowyml-infra is tested with {tested}.")

    def missing(self, error: EngineUnavailableError, tested: str) -> None:
        """The error and its cure."""
        del tested
        self.terminal.say(printable(f"{error.message[:1].upper()}{error.message[1:]}."))
        if error.hint:
            self.terminal.say(printable(error.hint))


class EngineJson(EngineView):
    """As JSON."""

    def show(self, path: str, version: str, tested: str) -> None:
        """Where, and which."""
        write_document(self.terminal, {"cli": path, "version": version, "tested_with": tested})

    def missing(self, error: EngineUnavailableError, tested: str) -> None:
        """None, and why."""
        document = {"cli": None, "version": None, "tested_with": tested, "problem": error.message, "hint": error.hint}
        write_document(self.terminal, document)
