"""What is shown while an apply runs."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable

import pytest

from flowyml_infra.address import Address
from flowyml_infra.apply.result import ApplyEvent
from flowyml_infra.cli.arguments.options import GlobalOptions
from flowyml_infra.cli.session import Session
from flowyml_infra.cli.terminal import Terminal
from flowyml_infra.cli.views.progress import Progress
from flowyml_infra.errors import EngineError

A, B = Address("local.directory.a"), Address("local.sqlite.b")
EVENTS = (
    ApplyEvent(A, "create", "started"),
    ApplyEvent(B, "replace", "started"),
    ApplyEvent(A, "create", "done", 0.123),
    ApplyEvent(B, "replace", "failed", 2.5, EngineError("the disk is full")),
)
LINES = "local.directory.a: created (0.1 s)\nlocal.sqlite.b: replacing failed (2.5 s): the disk is full\n"


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def report(out: io.StringIO, options: GlobalOptions) -> tuple[str, str]:
    err = io.StringIO()
    with Progress(Session(options, Terminal(out, err, io.StringIO(), color=False)), 2) as progress:
        for event in EVENTS:
            progress(event)
    return out.getvalue(), err.getvalue()


def test_a_pipe_gets_a_line_for_each_change_that_ended() -> None:
    assert report(io.StringIO(), GlobalOptions()) == (LINES, "")


def test_with_json_progress_goes_beside_the_document() -> None:
    assert report(Screen(), GlobalOptions(json=True)) == ("", LINES)


def test_quiet_says_nothing() -> None:
    assert report(Screen(), GlobalOptions(quiet=True)) == ("", "")


def test_a_terminal_shows_what_is_under_way_below_and_wipes_it_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("flowyml_infra.cli.views.ticking.REDRAW_SECONDS", 0.001)
    out = Screen()
    with Progress(Session(GlobalOptions(), Terminal(out, io.StringIO(), io.StringIO(), color=False)), 2) as progress:
        for number, under_way in ((2, "[0/2] creating local.directory.a and 1 more"), (4, "")):
            for event in EVENTS[number - 2 : number]:
                progress(event)
            wait_for(lambda text=under_way: text in out.getvalue())  # type: ignore[misc]
    drawn, *lines = re.split(r"\r\x1b\[K", out.getvalue())
    assert drawn == "[0/2] creating local.directory.a and 1 more (0 s)"
    assert "".join(line for line in lines if line.endswith("\n")) == LINES
    assert not lines[-1].startswith("[")


def test_a_pipe_is_reminded_of_what_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowyml_infra.cli.views.ticking.REMINDER_SECONDS", 0.001)
    out = io.StringIO()
    with Progress(Session(GlobalOptions(), Terminal(out, io.StringIO(), io.StringIO(), color=False)), 2) as progress:
        progress(EVENTS[0])
        wait_for(lambda: "local.directory.a: still creating (0 s)\n" in out.getvalue())


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)
