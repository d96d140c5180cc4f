"""Owns what is shown while changes are applied: a line for each that ends, and what is under way."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone, printable
from flowyml_infra.cli.views.plan.symbols import PAST

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

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
REDRAW_SECONDS = 0.2
"""How often the line on a terminal is drawn; what is quicker than that never shows there."""

REMINDER_SECONDS = 10.0
"""How often a change that takes long is mentioned where nothing can be redrawn."""


class Progress:
    """Reports an apply as it goes; a context manager, called from any thread.

    On a terminal one line below the others says what is under way. Elsewhere each change gets a line when it ends, and
    a reminder while it does not.
    """

    def __init__(self, session: Session, total: int) -> None:
        self._session = session
        self._total = total
        self._done = 0
        self._drawn = False
        self._running: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._live = session.terminal.live and not session.options.json and not session.options.quiet
        self._thread = threading.Thread(target=self._tick, name="progress", daemon=True)

    def __enter__(self) -> Self:
        if not self._session.options.quiet:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            self._wipe()

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

    def _tick(self) -> None:
        while not self._stop.wait(REDRAW_SECONDS if self._live else REMINDER_SECONDS):
            with self._lock:
                if self._live:
                    self._wipe()
                    self._draw()
                else:
                    self._remind()

    def _remind(self) -> None:
        now = time.monotonic()
        for address, (action, since) in self._running.items():
            self._session.progress(f"{address}: still {DOING[action]} ({now - since:.0f} s)")

    def _draw(self) -> None:
        if not self._live or not self._running:
            return
        terminal = self._session.terminal
        address, (action, since) = next(iter(self._running.items()))
        more = f" and {len(self._running) - 1} more" if len(self._running) > 1 else ""
        text = f"[{self._done}/{self._total}] {DOING[action]} {address}{more} ({time.monotonic() - since:.0f} s)"
        self._drawn = True
        terminal.out.write(terminal.paint(text[: terminal.width - 1], Tone.DIM))
        terminal.out.flush()

    def _wipe(self) -> None:
        if self._drawn:
            self._drawn = False
            self._session.terminal.out.write("\r\x1b[K")
            self._session.terminal.out.flush()
