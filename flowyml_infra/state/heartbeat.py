"""Owns the thread that keeps a lease alive; what keeping it alive means is its caller's business."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from flowyml_infra.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable


class Heartbeat:
    """Calls ``extend`` every ``seconds`` until stopped or until it says that there is nothing left to extend."""

    def __init__(self, extend: Callable[[], bool], seconds: float) -> None:
        self._extend = extend
        self._seconds = seconds
        self._stopped = threading.Event()
        # A daemon, so that a command that fails does not hang on it: the lease then expires by itself.
        self._thread = threading.Thread(target=self._run, name="flowyml-lease", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait for a beat under way."""
        self._stopped.set()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                if not self._extend():
                    return
            except StateError:
                # Busy or out of room: the lease has time for two more beats.
                continue
