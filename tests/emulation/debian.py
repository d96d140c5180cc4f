"""Owns the installing of Debian packages that tests need and the machine lacks; one process at a time does it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from tests.emulation.cache import folder, locked


def install(package: str, *, there: Callable[[], bool]) -> None:
    """Install ``package``, and say so, unless ``there`` says that it is not needed any more.

    Raises:
        RuntimeError: It could not be installed; the message carries the end of what apt said.
    """
    with locked(folder() / ".debian.lock"):
        if there():
            return
        print(f"tests: installing {package} with apt-get", file=sys.__stderr__, flush=True)
        asked = [] if os.geteuid() == 0 else ["sudo", "-n"]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        said = ""
        for step in (["update", "-q"], ["install", "-qy", "--no-install-recommends", package]):
            command = [*asked, "apt-get", *step]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            said = (done.stdout + done.stderr)[-2000:]
        if not there():
            raise RuntimeError(f"{package} could not be installed; install it by hand. apt said: {said}")
