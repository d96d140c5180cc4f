"""Owns the waiting for the lock of a file, so long and no longer; the system frees it when its holder ends."""

from __future__ import annotations

import os
import time

_POLL_SECONDS = 0.02


def hold(handle: int, seconds: float) -> bool:
    """Hold the lock of an open file until it is closed; systems without such locks have nothing to wait for.

    Args:
        handle: The file's descriptor.
        seconds: How long to wait for another process that holds it; once it is asked for in any case.

    Returns:
        Whether it is held: False when the other one did not let go in time.
    """
    if os.name != "posix":
        return True
    import fcntl

    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True
