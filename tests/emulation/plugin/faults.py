"""Owns the faults that tests order from a plugin: which call they strike and what they do to it.

The file ``faults.json`` in the folder of `call_log` holds them; it is read anew for each call. Calls are counted from 1
for each method and token, previews apart and never struck, over every plugin process that shares the folder. A fault
about one thing counts the calls for that thing alone.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.emulation.plugin import call_log
from tests.emulation.plugin.failures import PartlyMadeError, RefusedError
from tests.emulation.plugin.handling import Made

REFUSE = "refuse"
"""Answer an error and do nothing: the cloud said no."""
THROTTLE = "throttle"
"""Answer that there were too many requests, and do nothing."""
LOSE = "lose"
"""Do it and answer a plain error: the answer was lost, nobody knows the id."""
TIME_OUT = "time out"
"""Do it and answer that it did not become ready in time: the engine keeps the id."""
HANG = "hang"
"""Do it and answer nothing until the test releases it or the engine cancels."""
STUCK = "stuck"
"""Do it and answer nothing until the test releases it; the engine may cancel as it likes."""
DIE = "die"
"""Do nothing and die on the spot."""
DIE_AFTER = "die after"
"""Do it and die on the spot, the answer untold."""

AFTERWARDS = {LOSE, TIME_OUT, HANG, STUCK, DIE_AFTER}


@dataclass(frozen=True)
class Fault:
    """One fault: what strikes the ``nth`` call of ``method`` for ``token``; ``nth`` 0 is every call.

    With ``about``, only calls for things whose name in the engine begins with it.
    """

    what: str
    method: str
    token: str
    nth: int = 1
    message: str = "the test ordered this refusal"
    about: str = ""


def order(shared: Path, *faults: Fault) -> None:
    """Let the plugins that share the folder ``shared`` suffer ``faults``, in place of those ordered before."""
    aside = shared / "faults.json.new"
    aside.write_text(json.dumps([asdict(fault) for fault in faults]))
    aside.rename(shared / "faults.json")


def release(shared: Path) -> None:
    """Let every call that hangs answer."""
    (shared / "released").touch()


def find(method: str, urn: str, token: str, count: int) -> Fault | None:
    """The fault that strikes the call number ``count`` of ``method`` for ``token``, which is about ``urn``."""
    shared = call_log.folder()
    path = shared / "faults.json" if shared else None
    if path is None or not path.exists():
        return None
    for fault in (Fault(**item) for item in json.loads(path.read_text())):
        if (fault.method, fault.token) != (method, token):
            continue
        number = _number(shared, method, urn) if fault.about and shared else count
        if _name(urn).startswith(fault.about) and fault.nth in {0, number}:
            return fault
    return None


def _number(shared: Path, method: str, urn: str) -> int:
    """How many calls of ``method`` for the thing were begun, this one included."""
    wanted = (method, urn, call_log.BEGUN, False)
    return sum((call.method, call.urn, call.result, call.preview) == wanted for call in call_log.read(shared))


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def suffer(fault: Fault | None, work: Callable[[], Made], cancelled: threading.Event) -> Made:
    """Do ``work``, struck by ``fault``."""
    if fault is None:
        return work()
    made = work() if fault.what in AFTERWARDS else None
    match fault.what:
        case "refuse" | "lose":
            raise RefusedError(fault.message)
        case "throttle":
            raise RefusedError("ThrottlingException: Rate exceeded (status 429, retries exhausted)")
        case "time out" if made:
            raise PartlyMadeError(made.id, made.outputs, "timed out waiting for it to be ready")
        case "hang" if made:
            return _hang(made, cancelled)
        case "stuck" if made:
            return _hang(made, threading.Event())
        case "die" | "die after":
            os.kill(os.getpid(), signal.SIGKILL)
    raise ValueError(f"there is no fault {fault.what!r}")


def _hang(made: Made, cancelled: threading.Event) -> Made:
    shared = call_log.folder()
    while shared and shared.exists() and not (shared / "released").exists():
        if cancelled.is_set():
            raise PartlyMadeError(made.id, made.outputs, "the operation was cancelled while it waited")
        time.sleep(0.05)
    return made
