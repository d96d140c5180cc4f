"""Owns how a command declares its arguments: a class whose fields say how they are typed on the line.

Every command passes here, so it is spared the time that loading ``dataclasses`` takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, NoReturn, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _ArgumentGroup
    from collections.abc import Callable

    from flowyml_infra.cli.exits import Exit
    from flowyml_infra.cli.session import Session

A = TypeVar("A", bound="Arguments")


class _Missing:
    """Says that an argument has no default."""


MISSING = _Missing()


class Argument(NamedTuple):
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
) -> Argument:
    """A field that is typed by its place; it can be left out if it has a default."""
    return Argument((), text, metavar, parse, choices=choices)


def option(
    flag: str,
    metavar: str,
    text: str,
    *,
    parse: Callable[[str], object] = str,
    many: bool = False,
    choices: tuple[str, ...] = (),
) -> Argument:
    """A field that is typed as ``--flag VALUE``; with ``many`` its type is a tuple."""
    return Argument((flag,), text, metavar, parse, many=many, choices=choices)


def switch(*flags: str, text: str) -> Argument:
    """A field that is True when one of ``flags`` is given."""
    return Argument(flags, text)


class _Field(NamedTuple):
    argument: Argument
    default: object


def field(argument: Argument, *, default: Any = MISSING) -> Any:  # noqa: ANN401 - takes the place of the field's value
    """One field of an arguments class; without a default it must be typed."""
    return _Field(argument, default)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Arguments:
    """What was typed for one command. A subclass declares each argument with :func:`field`; an instance is frozen."""

    declared: ClassVar[tuple[tuple[str, Argument, object], ...]] = ()

    def __init_subclass__(cls) -> None:
        found = [(name, value) for name, value in vars(cls).items() if isinstance(value, _Field)]
        cls.declared = tuple((name, value.argument, value.default) for name, value in found)
        for name, value in found:
            if value.default is MISSING:
                delattr(cls, name)
            else:
                setattr(cls, name, value.default)

    def __init__(self, **values: object) -> None:
        known = {name for name, _, _ in self.declared}
        missing = [name for name, _, default in self.declared if default is MISSING and name not in values]
        if missing or not known.issuperset(values):
            raise TypeError(f"{type(self).__name__} takes {', '.join(sorted(known))}, and got {', '.join(values)}")
        vars(self).update(values)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), *self._values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name, _, _ in self.declared)
        return f"{type(self).__name__}({shown})"

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name, _, _ in self.declared)


class NoArguments(Arguments):
    """For commands that take none."""


class Command(NamedTuple, Generic[A]):
    """One command.

    Attributes:
        arguments: The class that holds its arguments.
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


def declared(arguments: type[Arguments]) -> list[tuple[str, Argument, object]]:
    """The arguments of a class: the field's name, how it is typed, its default."""
    return list(arguments.declared)


def add_to(parser: ArgumentParser | _ArgumentGroup, arguments: type[Arguments]) -> None:
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
