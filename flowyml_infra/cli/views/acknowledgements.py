"""Owns how acknowledged drift is shown: one that was just made or taken back, and the list of them."""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.drift import acknowledgement_document, told
from flowyml_infra.cli.views.values import columns
from flowyml_infra.cli.views.view import View
from flowyml_infra.project.known_drift import described

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.project.acknowledging import Acknowledged
    from flowyml_infra.state.drift import Acknowledgement


class AcknowledgementsView(View):
    """Shows acknowledgements."""

    @abstractmethod
    def made(self, done: Acknowledged) -> None:
        """Show one that was just made."""

    @abstractmethod
    def withdrawn(self, address: Address) -> None:
        """Show that one was taken back."""

    @abstractmethod
    def listed(self, items: Sequence[Acknowledgement]) -> None:
        """Show all."""


class AcknowledgementsHuman(AcknowledgementsView):
    """As text."""

    def made(self, done: Acknowledged) -> None:
        """What is let be, and until when."""
        item, finding = done
        seen = finding.at[:19].replace("T", " ")
        self.terminal.say(f"{item.address} {described(finding)} (seen {seen} UTC): {told(item)}.")

    def withdrawn(self, address: Address) -> None:
        """Say it."""
        self.terminal.say(f"What was acknowledged at {address} is taken back.")

    def listed(self, items: Sequence[Acknowledgement]) -> None:
        """One line each."""
        if not items:
            self.terminal.say("No drift is acknowledged.")
            return
        today = datetime.now(UTC).date()
        rows = [
            (item.address, item.until.isoformat() + ("" if item.until >= today else " (over)"), item.who, item.why)
            for item in items
        ]
        for line in columns(rows, ("ADDRESS", "UNTIL", "WHO", "WHY")):
            self.terminal.say(line)


class AcknowledgementsJson(AcknowledgementsView):
    """As a document."""

    def made(self, done: Acknowledged) -> None:
        """``{"acknowledged"}``."""
        write_document(self.terminal, {"acknowledged": acknowledgement_document(done.item)})

    def withdrawn(self, address: Address) -> None:
        """``{"withdrawn"}``."""
        write_document(self.terminal, {"withdrawn": str(address)})

    def listed(self, items: Sequence[Acknowledgement]) -> None:
        """``{"acknowledgements"}``."""
        write_document(self.terminal, {"acknowledgements": [acknowledgement_document(item) for item in items]})
