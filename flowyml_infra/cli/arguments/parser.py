"""Owns the reading of a command line: which command it names, its arguments, and what is wrong with it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn

from flowyml_infra.cli.arguments.catalogue import ENTRIES, GROUPS, PROGRAM, Entry
from flowyml_infra.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

    from flowyml_infra.cli.arguments.declaration import Command
    from flowyml_infra.cli.arguments.options import GlobalOptions

_WITH_VALUE = frozenset({"--project", "--state", "--env"})
_ALONE = frozenset({"--json", "--no-color", "-q", "--quiet", "-v", "--verbose"})


class Line(NamedTuple):
    """A command line, read as far as the command.

    Attributes:
        entry: The command, or None when only help or the version was asked for.
        group: The group whose help was asked for, or None.
        rest: Every token but the command's own words.
        asks: What is asked for in place of a command.
    """

    entry: Entry | None
    group: str | None
    rest: tuple[str, ...]
    asks: Literal["help", "version"] | None = None


def read_line(tokens: Sequence[str]) -> Line:
    """Find the command in ``tokens``; global options may stand before it and between its words.

    Raises:
        UsageError: There is no such command, or an unknown option stands before it.
    """
    words: list[str] = []
    rest: list[str] = []
    position = 0
    while position < len(tokens):
        typed = tokens[position]
        if typed in ("-h", "--help"):
            return Line(None, words[0] if words else None, tuple(rest), "help")
        if typed == "--version":
            return Line(None, None, tuple(rest), "version")
        width = _option_width(typed)
        if width:
            rest.extend(tokens[position : position + width])
        elif words or typed != "enterprise":
            words.append(typed)
            if tuple(words) in ENTRIES:
                return Line(ENTRIES[tuple(words)], None, (*rest, *tokens[position + 1 :]))
            _check_group(words)
        position += width or 1
    if words:
        raise UsageError(f"{PROGRAM} {words[0]} needs one of: {_choices(words[0])}", code="usage.incomplete")
    return Line(None, None, tuple(rest), "help")


def parse(entry: Entry, rest: Sequence[str]) -> tuple[Command[Any], GlobalOptions, Namespace]:
    """Read the arguments of ``entry``.

    Raises:
        UsageError: An argument is unknown, missing or has a wrong value.
    """
    from flowyml_infra.cli.arguments.declaration import from_namespace
    from flowyml_infra.cli.arguments.options import GlobalOptions

    command = entry.load()
    parser = make_parser(entry, command)
    namespace, extra = parser.parse_known_args(list(rest))
    if extra:
        _reject(extra[0], entry, command)
    return command, from_namespace(GlobalOptions, namespace), namespace


def make_parser(entry: Entry, command: Command[Any]) -> ArgumentParser:
    """The parser of one command's arguments and of the global options; it raises instead of ending the process."""
    from argparse import ArgumentParser, RawDescriptionHelpFormatter

    from flowyml_infra.cli.arguments.declaration import add_to
    from flowyml_infra.cli.arguments.options import GlobalOptions

    columns = _columns()

    class Formatter(RawDescriptionHelpFormatter):
        """Spares the library that argparse loads to ask how wide the terminal is, each time an argument is added."""

        def __init__(self, prog: str) -> None:
            super().__init__(prog, width=columns)

    class Parser(ArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise UsageError(message, code="usage.argument", hint=f"see {PROGRAM} {entry.text} --help")

    parser = Parser(
        prog=f"{PROGRAM} {entry.text}",
        description=command.description,
        epilog=_examples(command),
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    add_to(parser, command.arguments)
    add_to(parser.add_argument_group("global options"), GlobalOptions)
    return parser


def _columns() -> int:
    """The width of help texts: that of the terminal, less a margin."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given) - 2
    try:
        return (os.get_terminal_size(sys.__stdout__.fileno()).columns or 80) - 2 if sys.__stdout__ else 78
    except (OSError, ValueError):
        return 78


def _option_width(token: str) -> int:
    """How many tokens the global option ``token`` takes; 0 when it is no option."""
    if not token.startswith("-"):
        return 0
    name, given, _ = token.partition("=")
    if name in _WITH_VALUE:
        return 1 if given else 2
    if name in _ALONE:
        return 1
    from flowyml_infra.diagnostics import did_you_mean

    raise UsageError(
        f"unknown option {token!r} before the command",
        code="usage.option",
        hint=did_you_mean(name, _WITH_VALUE | _ALONE) or f"options of a command stand after it; see {PROGRAM} --help",
    )


def _check_group(words: list[str]) -> None:
    from flowyml_infra.diagnostics import did_you_mean

    if len(words) == 1 and words[0] not in GROUPS:
        known = sorted({entry[0] for entry in ENTRIES})
        raise UsageError(
            f"there is no command {words[0]!r}",
            code="usage.command",
            hint=did_you_mean(words[0], known) or f"{PROGRAM} --help lists the commands",
        )
    if len(words) > 1:
        raise UsageError(
            f"there is no command '{' '.join(words)}'",
            code="usage.command",
            hint=did_you_mean(words[1], [entry.words[1] for entry in GROUPS[words[0]]])
            or f"{words[0]} has: {_choices(words[0])}",
        )


def _choices(group: str) -> str:
    return ", ".join(entry.words[1] for entry in GROUPS[group])


def _reject(token: str, entry: Entry, command: Command[Any]) -> NoReturn:
    from flowyml_infra.cli.arguments.declaration import declared
    from flowyml_infra.cli.arguments.options import GlobalOptions
    from flowyml_infra.diagnostics import did_you_mean

    if not token.startswith("-"):
        raise UsageError(
            f"{entry.text} takes no further argument, and got {token!r}",
            code="usage.argument",
            hint=f"see {PROGRAM} {entry.text} --help",
        )
    flags = [
        flag
        for source in (command.arguments, GlobalOptions)
        for _, argument, _ in declared(source)
        for flag in argument.flags
    ]
    raise UsageError(
        f"{entry.text} has no option {token.partition('=')[0]!r}",
        code="usage.option",
        hint=did_you_mean(token.partition("=")[0], flags) or f"see {PROGRAM} {entry.text} --help",
    )


def _examples(command: Command[Any]) -> str:
    if not command.examples:
        return ""
    width = max(len(line) for line, _ in command.examples)
    lines = [f"  {PROGRAM} {line.ljust(width)}   {meaning}" for line, meaning in command.examples]
    return "\n".join(["examples:", *lines])
