"""Owns the start, the watch and the end of a server process that tests use; every server has a process group."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

START_SECONDS = 120.0
END_SECONDS = 20.0
ROOT = Path(__file__).parents[2]
LOCALHOST = "127.0.0.1"


def free_port() -> int:
    """A port of the local machine that nobody listens on."""
    with socket.socket() as opened:
        opened.bind((LOCALHOST, 0))
        return opened.getsockname()[1]


def import_path(environment: Mapping[str, str]) -> str:
    """The import path with which a Python child finds these modules."""
    return os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH", "")]))


@contextlib.contextmanager
def running(
    command: Sequence[str], log: Path, ready: Callable[[], bool], extra: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run ``command`` on a leash until the block is left; its output goes to the file ``log``.

    Raises:
        RuntimeError: It ended, or was not ``ready`` in time; the message carries the end of its log.
    """
    environment = {**os.environ, **(extra or {})}
    environment["PYTHONPATH"] = import_path(environment)
    leashed = [sys.executable, "-m", "tests.emulation.leash", *command]
    with log.open("ab") as output:
        process = subprocess.Popen(leashed, env=environment, stdout=output, stderr=output, start_new_session=True)
    try:
        _await(process, ready, log)
        yield
    finally:
        end_group(process)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End the process group of ``process``: it is asked first, and killed when it does not go."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(END_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(END_SECONDS)


def _await(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            state = "is not ready" if process.poll() is None else f"ended with {process.returncode}"
            raise RuntimeError(f"a server of the test bed {state}:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)


def listens(port: int) -> bool:
    """Whether something answers on ``port``."""
    with socket.socket() as opened:
        opened.settimeout(1)
        return opened.connect_ex((LOCALHOST, port)) == 0
