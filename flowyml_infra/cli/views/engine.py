"""Owns how the engine's CLI is shown."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import asdict
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import printable
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.values import columns
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.apply.engines.pulumi.cli import Cli
    from flowyml_infra.errors import EngineUnavailableError
    from flowyml_infra.project.engine_settings import EffectiveSetting


class EngineView(View):
    """Shows the CLI and its settings."""

    @abstractmethod
    def show(self, cli: Cli, tested: str, settings: Sequence[EffectiveSetting]) -> None:
        """Show the one that is used, the version that this library is tested with, and the settings."""

    @abstractmethod
    def missing(self, error: EngineUnavailableError, tested: str, settings: Sequence[EffectiveSetting]) -> None:
        """Say that there is none, and what to do."""


class EngineHuman(EngineView):
    """In words."""

    def show(self, cli: Cli, tested: str, settings: Sequence[EffectiveSetting]) -> None:
        """One line, one more where the versions differ, and a table."""
        self.terminal.say(f"The Pulumi CLI {cli.version} is at {printable(str(cli.path))}, from {cli.origin}.")
        if cli.passed_over is not None:
            self.terminal.say(printable(f"Passed over: {cli.passed_over}."))
        if cli.version != tested:
            self.terminal.say(f"This version of flowyml-infra is tested with {tested}.")
        self._settings(settings)

    def missing(self, error: EngineUnavailableError, tested: str, settings: Sequence[EffectiveSetting]) -> None:
        """The error, its cure, and the table."""
        del tested
        self.terminal.say(printable(f"{error.message[:1].upper()}{error.message[1:]}."))
        if error.hint:
            self.terminal.say(printable(error.hint))
        self._settings(settings)

    def _settings(self, settings: Sequence[EffectiveSetting]) -> None:
        rows = [
            (f"engine.{item.name}", printable(item.value), printable(item.origin or "the default")) for item in settings
        ]
        for line in columns(rows, ("SETTING", "VALUE", "SET BY")) if rows else ():
            self.terminal.say(line)


class EngineJson(EngineView):
    """As JSON."""

    def show(self, cli: Cli, tested: str, settings: Sequence[EffectiveSetting]) -> None:
        """Where, and which."""
        found = {"cli": str(cli.path), "version": cli.version, "origin": cli.origin, "passed_over": cli.passed_over}
        write_document(self.terminal, {**found, "tested_with": tested, "settings": _documents(settings)})

    def missing(self, error: EngineUnavailableError, tested: str, settings: Sequence[EffectiveSetting]) -> None:
        """None, and why."""
        found = {"cli": None, "version": None, "problem": error.message, "hint": error.hint}
        write_document(self.terminal, {**found, "tested_with": tested, "settings": _documents(settings)})


def _documents(settings: Sequence[EffectiveSetting]) -> list[dict[str, object]]:
    return [asdict(item) for item in settings]
