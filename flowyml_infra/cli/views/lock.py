"""Owns how locks are shown."""

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

    from flowyml_infra.state.store import Holder, LeaseState


class LocksView(View):
    """Shows locks."""

    @abstractmethod
    def show(self, locks: Sequence[LeaseState]) -> None:
        """Show them."""


class LocksHuman(LocksView):
    """As a table."""

    def show(self, locks: Sequence[LeaseState]) -> None:
        """One line each."""
        if not locks:
            self.terminal.say("Nothing is locked.")
            return
        rows = [
            (
                lock.name,
                "held" if lock.live else "abandoned",
                lock.holder.operation,
                f"{lock.holder.who} (process {lock.holder.pid} on {lock.holder.host})",
                lock.holder.since[:19].replace("T", " "),
            )
            for lock in locks
        ]
        for line in columns(rows, ("LOCK", "STATUS", "FOR", "BY", "SINCE (UTC)")):
            self.terminal.say(line)


class LocksJson(LocksView):
    """As a document."""

    def show(self, locks: Sequence[LeaseState]) -> None:
        """``{"locks"}``."""
        write_document(self.terminal, {"locks": [asdict(lock) for lock in locks]})


class ReleaseView(View):
    """Says that a lock was broken."""

    @abstractmethod
    def show(self, name: str, holder: Holder) -> None:
        """Say it."""


class ReleaseHuman(ReleaseView):
    """As a sentence."""

    def show(self, name: str, holder: Holder) -> None:
        """Which, and whose it was."""
        self.terminal.say(f"Broke the lock {name}, held by {printable(holder.who)} since {holder.since}.")


class ReleaseJson(ReleaseView):
    """As a document."""

    def show(self, name: str, holder: Holder) -> None:
        """``{"released", "holder"}``."""
        write_document(self.terminal, {"released": name, "holder": asdict(holder)})
