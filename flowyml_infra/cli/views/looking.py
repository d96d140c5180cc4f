"""Owns what is shown while the world is read: how many of how many, and for how long."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone
from flowyml_infra.cli.views.progress import REDRAW_SECONDS, REMINDER_SECONDS

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from flowyml_infra.cli.session import Session


class Looking:
    """Reports reading as it goes; a context manager.

    On a terminal one line says how far it is, and goes away at the end. Elsewhere a line comes now and then.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._live = session.terminal.live and not session.options.json and not session.options.quiet
        self._began = time.monotonic()
        self._done, self._all = 0, 0
        self._drawn = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="looking", daemon=True)

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
        self._wipe()

    def __call__(self, done: int, everything: int) -> None:
        """Take note that ``done`` of ``everything`` are read."""
        self._done, self._all = done, everything

    def _tick(self) -> None:
        while not self._stop.wait(REDRAW_SECONDS if self._live else REMINDER_SECONDS):
            text = f"[{self._done:,}/{self._all:,}] reading the world ({time.monotonic() - self._began:.0f} s)"
            if self._live:
                self._wipe()
                self._draw(text)
            else:
                self._session.progress(text)

    def _draw(self, text: str) -> None:
        terminal = self._session.terminal
        self._drawn = True
        terminal.out.write(terminal.paint(text[: terminal.width - 1], Tone.DIM))
        terminal.out.flush()

    def _wipe(self) -> None:
        if self._drawn:
            self._drawn = False
            self._session.terminal.out.write("\r\x1b[K")
            self._session.terminal.out.flush()
