"""What is shown while an apply runs."""

from __future__ import annotations

import io

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


def test_a_terminal_also_shows_what_is_under_way_and_wipes_it_in_the_end(monkeypatch: object) -> None:
    monkeypatch.setenv("TERM", "xterm")  # type: ignore[attr-defined]
    out, _ = report(Screen(), GlobalOptions())
    assert "[1/2] replacing local.sqlite.b (0 s)" in out
    assert "[0/2] creating local.directory.a and 1 more (0 s)" in out
    assert out.endswith("\r\x1b[K")
    assert [
        line for line in out.replace("\r\x1b[K", "\n").splitlines() if line in LINES.splitlines()
    ] == LINES.splitlines()
