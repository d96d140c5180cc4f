"""Ctrl-C during an apply, as a shell sends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flowyml_infra.cli.main import execute

# An engine whose first creation hangs, as a cloud's may.
HANGING = """\
import sys, time
from flowyml_infra.apply.engines.local import LocalEngine
from flowyml_infra.cli.main import main

create = LocalEngine.create

def hang(self, subject, context):
    made = create(self, subject, context)
    print("under way", file=sys.stderr, flush=True)
    time.sleep(600)
    return made

LocalEngine.create = hang
main()
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FLOWYML_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FLOWYML_STATE_KEY", "a passphrase for tests alone")
    monkeypatch.chdir(tmp_path)
    assert execute(["init", "."]) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_second_signal_gives_up_at_once_and_the_next_apply_makes_it_good(
    number: signal.Signals, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["apply", "--auto-approve", "--parallelism", "1"]
    process = subprocess.Popen(
        [sys.executable, "-c", HANGING, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "under way\n"
    process.send_signal(number)
    assert process.stderr.readline() == "\n"
    assert process.stderr.readline().startswith("Stopping: what is under way is finished and recorded")
    process.send_signal(number)
    assert process.wait(timeout=60) == 130
    assert "what is recorded stands" in process.stderr.read()

    capfd.readouterr()
    assert execute(["plan"]) == 0
    assert "an earlier creation was interrupted: it is looked up first" in capfd.readouterr().out
    assert execute(words) == 0
    assert execute(["plan", "--detailed-exitcode"]) == 0
