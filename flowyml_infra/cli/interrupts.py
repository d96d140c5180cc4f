"""Owns what Ctrl-C and SIGTERM mean during an apply: first finish what is under way, then give up."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from flowyml_infra.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from flowyml_infra.cli.session import Session

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopping(session: Session) -> Iterator[threading.Event]:
    """Give an event that the first signal sets; the second one ends the process.

    Outside the main thread signals cannot be caught, so there the event is never set.
    """
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            _give_up(session)
        stop.set()
        session.terminal.note(
            "\nStopping: what is under way is finished and recorded, nothing more is started. "
            "Ctrl-C again gives up at once; the next apply then looks up what was left."
        )

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, ask) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _give_up(session: Session) -> NoReturn:
    """End the process now. Engine calls may hang in threads that a normal end would wait for; intents are on record."""
    from flowyml_infra.cli.views.failure import show_failure

    options = session.options
    show_failure(KeyboardInterrupt(), session.terminal, json=options.json, verbose=options.verbose)
    session.terminal.out.flush()
    os._exit(Exit.INTERRUPTED)
