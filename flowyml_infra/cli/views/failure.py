"""Owns how a failure is shown: its problems for people, or as the contracted document."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone, printable
from flowyml_infra.diagnostics import Diagnostic
from flowyml_infra.errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.cli.terminal import Terminal

_TITLES = {"error": ("Error", Tone.ERROR), "warning": ("Warning", Tone.WARNING), "info": ("Note", Tone.BOLD)}


_NO_ROOM = "make room there, then run the same command again"
_AFTER_INTERRUPT = "what is recorded stands; `flowyml-infra plan` shows what is left to do"


def diagnostics_of(error: BaseException) -> tuple[Diagnostic, ...]:
    """What is wrong, as diagnostics.

    The text of an exception that is not ours may quote any value, also a secret one, so it is left out; only that of
    the operating system, which names files and causes, is kept.
    """
    match error:
        case InfraError(diagnostics=[_, *_]):
            return error.diagnostics
        case InfraError():
            return (
                Diagnostic(
                    "error", error.code, error.message, error.detail or "", address=error.address, hint=error.hint
                ),
            )
        case KeyboardInterrupt():
            return (Diagnostic("error", "interrupted", "interrupted", hint=_AFTER_INTERRUPT),)
        case OSError():
            hint = _NO_ROOM if error.errno in (errno.ENOSPC, errno.EDQUOT) else None
            return (Diagnostic("error", "system", _os_message(error), hint=hint),)
        case _:
            return (_unexpected(error),)


def show_failure(error: BaseException, terminal: Terminal, *, json: bool, verbose: bool) -> None:
    """Show what went wrong: on standard error, or with ``json`` as the document on standard output."""
    problems = diagnostics_of(error)
    if verbose and not isinstance(error, KeyboardInterrupt):
        import traceback

        terminal.note("".join(traceback.format_exception(error)).rstrip())
    if json:
        from flowyml_infra.cli.views.document import write_document

        write_document(terminal, {"diagnostics": [problem.to_json() for problem in problems]})
        return
    # Where the message only repeats one of the problems, the problems say it all.
    several = isinstance(error, InfraError) and not any(problem.summary in error.message for problem in problems)
    if isinstance(error, InfraError) and several:
        terminal.note(f"{terminal.paint('Error:', Tone.ERROR)} {terminal.paint(printable(error.message), Tone.BOLD)}\n")
    terminal.note(render_diagnostics(problems, terminal))
    if isinstance(error, InfraError) and several and error.hint:
        terminal.note(f"\n{terminal.paint('hint:', Tone.MOVE)} {printable(error.hint)}")


def render_diagnostics(problems: Sequence[Diagnostic], terminal: Terminal) -> str:
    """The problems as text, an empty line between them."""
    return "\n\n".join(_render(problem, terminal) for problem in problems)


def _render(problem: Diagnostic, terminal: Terminal) -> str:
    title, tone = _TITLES[problem.severity]
    lines = [f"{terminal.paint(title + ':', tone)} {terminal.paint(printable(problem.summary), Tone.BOLD)}"]
    if problem.location:
        lines.append(f"  at {printable(str(problem.location))}")
    if problem.address and problem.address not in problem.summary:
        lines.append(f"  on {problem.address}")
    lines += [f"  {line}" for line in printable(problem.detail).splitlines()]
    if problem.hint:
        lines.append(f"  {terminal.paint('hint:', Tone.MOVE)} {printable(problem.hint)}")
    return "\n".join(lines)


def _os_message(error: OSError) -> str:
    if error.strerror is None:
        return type(error).__name__
    return f"{error.strerror}: {error.filename}" if error.filename else error.strerror


def _unexpected(error: BaseException) -> Diagnostic:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "" if trace is None else f" in {Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}"
    return Diagnostic(
        "error",
        "internal",
        f"this is a mistake in flowyml-infra: {type(error).__name__}{place}",
        hint="run it again with -v to see the whole trace",
    )
