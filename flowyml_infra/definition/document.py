"""Owns the reading of YAML: bounded, safe, into plain JSON values and the places where they were written.

Follows the parser's events and builds nothing but dictionaries, lists and scalars. What YAML can do beyond JSON is
refused, with two exceptions: anchors with aliases, which are counted as if written out, and plain ``<<`` merge keys,
whose entries count as the mapping's own unless it has the key itself.
"""

from __future__ import annotations

import gc
import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, NoReturn, Protocol

import yaml
from yaml.error import YAMLError

from flowyml_infra.definition.composition import Composition
from flowyml_infra.definition.limits import LimitError, Limits
from flowyml_infra.definition.places import Locations
from flowyml_infra.definition.syntax import explain
from flowyml_infra.diagnostics import Diagnostic, Location
from flowyml_infra.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flowyml_infra.definition.jsonvalue import Json

LIMITS: Final = Limits()
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_STRUCTURE: Final = b"\n,[{"


class _Parser(Protocol):
    def get_event(self) -> object: ...


@dataclass(frozen=True, slots=True, repr=False)
class Document:
    """One YAML document.

    Attributes:
        value: What it says, as plain JSON; parts that an alias repeats are the same object, so copy before changing.
        locations: Where each part was written.
        digest: SHA-256 of its bytes, in hexadecimal.
    """

    value: Json
    locations: Locations
    digest: str

    @property
    def file(self) -> str:
        """Its name, as the user gave it."""
        return self.locations.file


def load_document(data: bytes, file: str, limits: Limits = LIMITS) -> Document:
    """Read the one YAML document in ``data``.

    Args:
        data: The text in UTF-8.
        file: How the user calls it, for messages.
        limits: The bounds.

    Raises:
        DefinitionError: It is no YAML, not of the accepted kind, or beyond a bound.
    """
    plain = Locations(file, data)
    _check_size(data, file, limits)
    if data.startswith(_UTF16):
        _refuse(
            [
                Diagnostic(
                    "error",
                    "definition.syntax",
                    "this is UTF-16",
                    location=Location(file, 1, 1),
                    hint="save the file as UTF-8",
                )
            ]
        )
    composition = Composition(file, limits)
    try:
        with _without_collections():
            value = composition.read(_parser()(data).get_event)
    except YAMLError as error:
        _refuse([*composition.problems, explain(error, plain)])
    except LimitError as error:
        _refuse([*composition.problems, error.diagnostic])
    if composition.problems:
        _refuse(composition.problems)
    return Document(value, Locations(file, data, composition.places), hashlib.sha256(data).hexdigest())


def _check_size(data: bytes, file: str, limits: Limits) -> None:
    """Refuse what is certainly too large before any of it is parsed."""
    if len(data) > limits.size:
        _refuse([limits.exceeded(Location(file), f"the file is larger than {limits.size:,} bytes")])
    # Nearly every value needs a line, comma or bracket of its own, and counting those costs next to nothing.
    if len(data) > limits.nodes and len(data) - len(data.translate(None, _STRUCTURE)) > limits.nodes:
        _refuse(
            [limits.exceeded(Location(file), f"the file has more than {limits.nodes:,} lines, commas and brackets")]
        )


@contextmanager
def _without_collections() -> Iterator[None]:
    """Keep the garbage collector from walking again and again over a large document while it grows without garbage."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@cache
def _parser() -> Callable[[bytes], _Parser]:
    """The parser of libyaml, or PyYAML's own where that is not built in."""
    if yaml.__with_libyaml__:
        from yaml._yaml import CParser

        return CParser
    return PurePython


class PurePython(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """PyYAML's parser in Python, put together without its constructors."""

    def __init__(self, data: bytes) -> None:
        yaml.reader.Reader.__init__(self, data)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)


def _refuse(problems: Sequence[Diagnostic]) -> NoReturn:
    raise definition_error(problems)


def definition_error(problems: Sequence[Diagnostic]) -> DefinitionError:
    """The error that carries ``problems``, sorted by place; its message is the first one's, and how many there are."""
    ordered = sorted(problems, key=_place)
    first = ordered[0]
    where = f"{first.location}: " if first.location else ""
    more = f" (and {len(ordered) - 1} more)" if len(ordered) > 1 else ""
    return DefinitionError(
        f"{where}{first.summary}{more}", hint=first.hint if len(ordered) == 1 else None, diagnostics=ordered
    )


def _place(problem: Diagnostic) -> tuple[str, int, int]:
    place = problem.location
    return (place.file, place.line or 0, place.column or 0) if place else ("", 0, 0)
