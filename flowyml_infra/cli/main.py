"""Owns the way from a command line to an exit code: reading it, running the command, showing what went wrong."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from flowyml_infra.cli.exits import Exit, exit_of
from flowyml_infra.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.cli.arguments.parser import Line


_GARBAGE_THRESHOLD = 200_000


def main() -> NoReturn:
    """Run the command of this process and end it."""
    # A command makes many objects that stay until its end; looking through them for garbage is a tenth of its time.
    gc.set_threshold(_GARBAGE_THRESHOLD)
    code = execute(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = _reader_left()
    sys.exit(int(code))


def execute(tokens: Sequence[str]) -> Exit:
    """Run the command line ``tokens`` in this process and return its exit code; nothing is raised."""
    json, verbose = "--json" in tokens, "-v" in tokens or "--verbose" in tokens
    terminal = Terminal.of_process(color="--no-color" not in tokens)
    try:
        return _dispatch(tokens, terminal)
    except SystemExit as ending:
        return Exit.DONE if not ending.code else Exit.ERROR
    except BrokenPipeError:
        return _reader_left()
    except (Exception, KeyboardInterrupt) as error:
        from flowyml_infra.cli.views.failure import show_failure

        show_failure(error, terminal, json=json, verbose=verbose)
        return exit_of(error)


def _dispatch(tokens: Sequence[str], terminal: Terminal) -> Exit:
    from flowyml_infra.cli.arguments.parser import parse, read_line

    line = read_line(tokens)
    if line.entry is None:
        terminal.say(_answer(line))
        return Exit.DONE
    command, options, namespace = parse(line.entry, line.rest)
    from flowyml_infra.audit.origin import running
    from flowyml_infra.cli.session import Session

    session = Session(options, terminal)
    with running(line.entry.text):
        try:
            return command.execute(namespace, session)
        finally:
            session.close()


def _answer(line: Line) -> str:
    if line.asks == "version":
        from flowyml_infra.version import __version__

        return f"flowyml-infra {__version__}"
    from flowyml_infra.cli.arguments.help import group_overview, overview

    return (group_overview(line.group) if line.group else overview()).rstrip("\n")


def _reader_left() -> Exit:
    """The reader of our output went away, as ``head`` does; nothing can be said to it any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.ERROR
