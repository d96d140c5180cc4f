"""Owns that no server outlives the tests that started it, however they ended.

Run as ``python -m tests.emulation.leash COMMAND…``: it runs the command, passes on a request to end, and kills the
whole process group when the process that started it is gone, even by ``kill -9``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

POLL_SECONDS = 0.5


def main() -> int:
    """The exit code of the command."""
    parent = os.getppid()
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    while child.poll() is None:
        if os.getppid() != parent:
            os.killpg(os.getpgrp(), signal.SIGKILL)
        time.sleep(POLL_SECONDS)
    return child.returncode


if __name__ == "__main__":
    sys.exit(main())
