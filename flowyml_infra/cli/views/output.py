"""Owns how outputs are shown."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import printable
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.values import UNKNOWN, flatten, render
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.values import Json


def output_lines(outputs: Json) -> list[str]:
    """``component.output = value`` for each, the equals signs below each other."""
    flat = sorted((path, value) for path, value in flatten(outputs, "") if path)
    width = max((len(printable(path)) for path, _ in flat), default=0)
    return [f"  {printable(path).ljust(width)} = {UNKNOWN if value is None else render(value)}" for path, value in flat]


class OutputView(View):
    """Shows outputs."""

    @abstractmethod
    def show(self, outputs: Mapping[str, Json]) -> None:
        """Show them, by component."""


class OutputHuman(OutputView):
    """As text."""

    def show(self, outputs: Mapping[str, Json]) -> None:
        """One line each."""
        lines = output_lines(dict(outputs))
        self.session.terminal.say("\n".join(line[2:] for line in lines) if lines else "No outputs.")


class OutputJson(OutputView):
    """As the contracted document."""

    def show(self, outputs: Mapping[str, Json]) -> None:
        """``{"outputs"}``."""
        write_document(self.terminal, {"outputs": dict(outputs)})


class OutputRaw(OutputView):
    """One value, as it is, for a shell."""

    def show(self, outputs: Mapping[str, Json]) -> None:
        """The only value there is; a text without quotes."""
        (_, value), *_ = flatten(dict(outputs), "")
        self.terminal.say(value if isinstance(value, str) else render(value))
