"""What is shown while the world is read."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import pytest

from flowyml_infra.cli.arguments.options import GlobalOptions
from flowyml_infra.cli.session import Session
from flowyml_infra.cli.terminal import Terminal
from flowyml_infra.cli.views.looking import Looking

LINE = "[3/10] reading the world (0 s)"


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.001)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name in ("REDRAW_SECONDS", "REMINDER_SECONDS"):
        monkeypatch.setattr(f"flowyml_infra.cli.views.ticking.{name}", 0.001)


def session(out: io.StringIO, err: io.StringIO, **options: bool) -> Session:
    return Session(GlobalOptions(**options), Terminal(out, err, io.StringIO(), color=False))


def test_a_terminal_shows_how_far_it_is_and_is_clean_in_the_end() -> None:
    out = Screen()
    with Looking(session(out, io.StringIO())) as progress:
        progress(3, 10)
        wait_for(lambda: LINE in out.getvalue())
    assert out.getvalue().endswith("\r\x1b[K")
    assert "\n" not in out.getvalue()


def test_a_pipe_is_reminded_and_with_json_beside_the_document() -> None:
    for options, wanted in (({}, 0), ({"json": True}, 1)):
        streams = (io.StringIO(), io.StringIO())
        with Looking(session(*streams, **options)) as progress:
            progress(3, 10)
            wait_for(lambda said=streams[wanted]: LINE + "\n" in said.getvalue())  # type: ignore[misc]
        assert streams[1 - wanted].getvalue() == ""


def test_quiet_says_nothing() -> None:
    out, err = Screen(), io.StringIO()
    with Looking(session(out, err, quiet=True)) as progress:
        progress(3, 10)
    assert (out.getvalue(), err.getvalue()) == ("", "")
