"""Owns the telling of what is under way: a line on a terminal that goes away again, elsewhere a line now and then."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from flowyml_infra.cli.session import Session

REDRAW_SECONDS = 0.2
"""How often the line on a terminal is drawn; what is quicker than that never shows there."""

REMINDER_SECONDS = 10.0
"""How often something that takes long is mentioned where nothing can be redrawn."""


class Ticking(ABC):
    """A context manager that tells what is under way until it ends; nothing where the user wants quiet.

    Args:
        session: Where it is told.
        name: What its thread is called.
    """

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._lock = threading.Lock()
        """Held while something is told."""
        self._live = session.terminal.live and not session.options.json and not session.options.quiet
        self._drawn = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tick, name=name, daemon=True)

    @abstractmethod
    def under_way(self) -> str | None:
        """The line for a terminal, or None when there is nothing to tell."""

    @abstractmethod
    def reminders(self) -> list[str]:
        """The lines for where nothing can be redrawn."""

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

    def _tick(self) -> None:
        while not self._stop.wait(REDRAW_SECONDS if self._live else REMINDER_SECONDS):
            with self._lock:
                if self._live:
                    self._wipe()
                    self._draw()
                else:
                    for line in self.reminders():
                        self._session.progress(line)

    def _draw(self) -> None:
        text = self.under_way()
        if text is not None:
            terminal = self._session.terminal
            self._drawn = True
            terminal.out.write(terminal.paint(text[: terminal.width - 1], Tone.DIM))
            terminal.out.flush()

    def _wipe(self) -> None:
        if self._drawn:
            self._drawn = False
            self._session.terminal.out.write("\r\x1b[K")
            self._session.terminal.out.flush()
