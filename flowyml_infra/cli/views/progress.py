"""Owns what is shown while changes are applied: a line for each that ends, and what is under way."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone, printable
from flowyml_infra.cli.views.plan.symbols import PAST
from flowyml_infra.cli.views.ticking import Ticking

if TYPE_CHECKING:
    from flowyml_infra.apply.result import ApplyEvent
    from flowyml_infra.cli.session import Session

DOING = {
    "create": "creating",
    "update": "updating",
    "replace": "replacing",
    "delete": "deleting",
    "forget": "forgetting",
    "import": "importing",
    "noop": "recording",
}


class Progress(Ticking):
    """Reports an apply as it goes; a context manager, called from any thread.

    On a terminal one line below the others says what is under way. Elsewhere each change gets a line when it ends, and
    a reminder while it does not.
    """

    def __init__(self, session: Session, total: int) -> None:
        super().__init__(session, "progress")
        self._total = total
        self._done = 0
        self._running: dict[str, tuple[str, float]] = {}

    def __call__(self, event: ApplyEvent) -> None:
        """Take note of ``event``."""
        with self._lock:
            if event.phase == "started":
                self._running[event.address] = (event.action, time.monotonic())
                return
            self._running.pop(event.address, None)
            self._done += 1
            self._wipe()
            self._session.progress(self._line(event))

    def _line(self, event: ApplyEvent) -> str:
        terminal = self._session.terminal
        seconds = f"({event.seconds:.1f} s)"
        if event.phase == "failed":
            what = terminal.paint(f"{DOING[event.action]} failed", Tone.ERROR)
            return f"{event.address}: {what} {seconds}: {printable(event.error.message if event.error else '')}"
        return f"{event.address}: {PAST[event.action]} {seconds}"

    def under_way(self) -> str | None:
        """See the base class."""
        if not self._running:
            return None
        address, (action, since) = next(iter(self._running.items()))
        more = f" and {len(self._running) - 1} more" if len(self._running) > 1 else ""
        return f"[{self._done}/{self._total}] {DOING[action]} {address}{more} ({time.monotonic() - since:.0f} s)"

    def reminders(self) -> list[str]:
        """See the base class."""
        now = time.monotonic()
        return [
            f"{address}: still {DOING[action]} ({now - since:.0f} s)"
            for address, (action, since) in self._running.items()
        ]
