"""Owns how a deployment is shown as a whole."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.last_look import look_document, look_lines
from flowyml_infra.cli.views.output import output_lines
from flowyml_infra.cli.views.state import masked, row_document, row_lines
from flowyml_infra.cli.views.values import counted
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from flowyml_infra.project.known_drift import LastLook
    from flowyml_infra.state.snapshot import Snapshot


class DeploymentView(View):
    """Shows a deployment."""

    @abstractmethod
    def show(self, snapshot: Snapshot, last: LastLook | None = None) -> None:
        """Show it, and what the last look at the world found."""


class DeploymentHuman(DeploymentView):
    """As text."""

    def show(self, snapshot: Snapshot, last: LastLook | None = None) -> None:
        """Its facts, its resources, its outputs."""
        if not snapshot.exists:
            self.terminal.say(f"{snapshot.key} was never applied.")
            self.session.advise("See what an apply would make: flowyml-infra plan")
            return
        head = self.terminal.paint(str(snapshot.key), Tone.BOLD)
        self.terminal.say(f"{head}: {counted(len(snapshot.rows), 'resource')}, serial {snapshot.serial}")
        for line in [] if last is None else look_lines(last):
            self.terminal.say(line)
        for row in snapshot.rows.values():
            self.terminal.say("\n" + "\n".join(row_lines(row)))
        lines = output_lines({component: masked(values) for component, values in snapshot.outputs.items()})
        if lines:
            self.terminal.say("\n".join(["\nOutputs:", *lines]))


class DeploymentJson(DeploymentView):
    """As a document."""

    def show(self, snapshot: Snapshot, last: LastLook | None = None) -> None:
        """``{"deployment", "drift", "resources", "outputs"}``."""
        write_document(
            self.terminal,
            {
                "deployment": {
                    "stack": snapshot.key.stack,
                    "environment": snapshot.key.environment,
                    "lineage": snapshot.lineage,
                    "serial": snapshot.serial,
                },
                "drift": None if last is None else look_document(last),
                "resources": [row_document(row) for row in (*snapshot.rows.values(), *snapshot.deposed)],
                "outputs": {component: masked(values) for component, values in snapshot.outputs.items()},
            },
        )
