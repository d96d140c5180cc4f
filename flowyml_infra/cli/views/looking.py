"""Owns what is shown while the world is read: how many of how many, and for how long."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flowyml_infra.cli.views.ticking import Ticking

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session


class Looking(Ticking):
    """Reports reading as it goes; a context manager.

    On a terminal one line says how far it is, and goes away at the end. Elsewhere a line comes now and then.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session, "looking")
        self._began = time.monotonic()
        self._done, self._all = 0, 0

    def __call__(self, done: int, everything: int) -> None:
        """Take note that ``done`` of ``everything`` are read."""
        self._done, self._all = done, everything

    def under_way(self) -> str:
        """See the base class."""
        return f"[{self._done:,}/{self._all:,}] reading the world ({time.monotonic() - self._began:.0f} s)"

    def reminders(self) -> list[str]:
        """See the base class."""
        return [self.under_way()]
