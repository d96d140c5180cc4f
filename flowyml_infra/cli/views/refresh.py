"""Owns how it is shown what a refresh recorded."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.drift import document
from flowyml_infra.cli.views.values import counted
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from flowyml_infra.project.drifting import Drift


class RefreshView(View):
    """Shows what came of a refresh."""

    @abstractmethod
    def show(self, drift: Drift, serial: int | None) -> None:
        """Show it; ``serial`` is None when there was nothing to record."""


class RefreshHuman(RefreshView):
    """As text; what was found is shown before, so that the person knows what to say yes to."""

    def show(self, drift: Drift, serial: int | None) -> None:
        """A sentence."""
        if serial is None:
            self.terminal.say("Nothing was recorded.")
            return
        refreshed = drift.sighting.refreshed
        changed = counted(len(refreshed.changed), "resource")
        self.terminal.say(
            f"Recorded of {drift.key}: {changed} as found, {len(refreshed.gone):,} as gone (serial {serial})."
        )


class RefreshJson(RefreshView):
    """As a document."""

    def show(self, drift: Drift, serial: int | None) -> None:
        """What was found, and under ``recorded`` what of it was recorded."""
        refreshed = drift.sighting.refreshed
        recorded = {
            "serial": drift.snapshot.serial if serial is None else serial,
            "changed": [str(row.address) for row in refreshed.changed],
            "gone": [str(row.address) for row in refreshed.gone],
        }
        write_document(self.terminal, {**document(drift), "recorded": recorded})
