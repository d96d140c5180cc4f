"""Owns how a command declares its arguments: a frozen dataclass whose fields say how they are typed on the line."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _ArgumentGroup
    from collections.abc import Callable
    from typing import TypeAlias

    from flowyml_infra.cli.exits import Exit
    from flowyml_infra.cli.session import Session

    Metadata: TypeAlias = dict[str, "Argument"]

A = TypeVar("A")

_KEY = "flowyml.argument"


@dataclass(frozen=True, slots=True)
class Argument:
    """How one field of an arguments class is typed.

    Attributes:
        flags: ``("--out",)``; empty for a positional argument.
        text: One clause for ``--help``.
        metavar: What stands for the value in usage lines; empty for a switch.
        parse: Makes the value from the text.
        many: It may be given several times.
        choices: The values allowed, or empty for any.
    """

    flags: tuple[str, ...]
    text: str
    metavar: str = ""
    parse: Callable[[str], object] = str
    many: bool = False
    choices: tuple[str, ...] = ()


def positional(
    metavar: str, text: str, *, choices: tuple[str, ...] = (), parse: Callable[[str], object] = str
) -> Metadata:
    """The metadata of a field that is typed by its place; it can be left out if the field has a default."""
    return {_KEY: Argument((), text, metavar, parse, choices=choices)}


def option(
    flag: str,
    metavar: str,
    text: str,
    *,
    parse: Callable[[str], object] = str,
    many: bool = False,
    choices: tuple[str, ...] = (),
) -> Metadata:
    """The metadata of a field that is typed as ``--flag VALUE``; with ``many`` its type is a tuple."""
    return {_KEY: Argument((flag,), text, metavar, parse, many=many, choices=choices)}


def switch(*flags: str, text: str) -> Metadata:
    """The metadata of a field that is True when one of ``flags`` is given."""
    return {_KEY: Argument(flags, text)}


@dataclass(frozen=True)
class NoArguments:
    """For commands that take none."""


@dataclass(frozen=True, slots=True)
class Command(Generic[A]):
    """One command.

    Attributes:
        arguments: The dataclass that holds its arguments.
        run: Does it, and says how it ended.
        description: A paragraph for ``--help``.
        examples: Command lines with what each does.
    """

    arguments: type[A]
    run: Callable[[A, Session], Exit]
    description: str
    examples: tuple[tuple[str, str], ...] = ()

    def execute(self, namespace: Namespace, session: Session) -> Exit:
        """Run it with what was parsed."""
        return self.run(from_namespace(self.arguments, namespace), session)


def declared(arguments: type[Any]) -> list[tuple[str, Argument, object]]:
    """The arguments of a class: the field's name, how it is typed, its default."""
    return [(item.name, item.metadata[_KEY], item.default) for item in fields(arguments) if _KEY in item.metadata]


def add_to(parser: ArgumentParser | _ArgumentGroup, arguments: type[Any]) -> None:
    """Teach ``parser`` every argument of ``arguments``; what is left out stays out of its result."""
    from argparse import SUPPRESS

    for name, argument, default in declared(arguments):
        if not argument.flags:
            parser.add_argument(
                name,
                metavar=argument.metavar,
                help=argument.text,
                type=argument.parse,
                choices=argument.choices or None,
                nargs=None if default is MISSING else "?",
            )
        elif not argument.metavar:
            parser.add_argument(*argument.flags, dest=name, help=argument.text, action="store_true", default=SUPPRESS)
        else:
            parser.add_argument(
                *argument.flags,
                dest=name,
                metavar=argument.metavar,
                help=argument.text,
                type=argument.parse,
                choices=argument.choices or None,
                action="append" if argument.many else "store",
                default=SUPPRESS,
            )


def from_namespace(arguments: type[A], namespace: Namespace) -> A:
    """The arguments that were parsed into ``namespace``, defaults where nothing was typed."""
    given = vars(namespace)
    values: dict[str, object] = {}
    for name, argument, _ in declared(arguments):
        if given.get(name) is not None:
            values[name] = tuple(given[name]) if argument.many else given[name]
    return arguments(**values)
