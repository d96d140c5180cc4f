"""No server outlives the tests, however they end."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.emulation import servers

PATIENCE_SECONDS = 30
SERVER = "import http.server, sys; http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), None).serve_forever()"


def command(port: int) -> list[str]:
    return [sys.executable, "-c", SERVER, str(port)]


def wait_for(port: int, listening: bool) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while servers.listens(port) is not listening:
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def serve(port: int, log: Path) -> None:
    with servers.running(command(port), log, lambda: servers.listens(port)):
        time.sleep(PATIENCE_SECONDS)


def test_a_server_ends_with_its_block_also_when_that_fails(tmp_path: Path) -> None:
    port = servers.free_port()
    with (
        pytest.raises(ZeroDivisionError),
        servers.running(command(port), tmp_path / "log", lambda: servers.listens(port)),
    ):
        assert servers.listens(port)
        raise ZeroDivisionError
    assert not servers.listens(port)


def test_a_server_ends_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    port = servers.free_port()
    starter = multiprocessing.get_context("fork").Process(target=serve, args=(port, tmp_path / "log"))
    starter.start()
    wait_for(port, listening=True)
    os.kill(starter.pid, signal.SIGKILL)
    starter.join()
    wait_for(port, listening=False)


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    failing = [sys.executable, "-c", "raise SystemExit('no such database')"]
    with (
        pytest.raises(RuntimeError, match="no such database"),
        servers.running(failing, tmp_path / "log", lambda: False),
    ):
        pass


def test_the_leash_passes_the_exit_code_on() -> None:
    leashed = [sys.executable, "-m", "tests.emulation.leash", sys.executable, "-c", "raise SystemExit(3)"]
    environment = {**os.environ, "PYTHONPATH": servers.import_path(os.environ)}
    assert subprocess.run(leashed, env=environment, check=False).returncode == 3
