"""Owns the description of one input of a kind: its type and unit, what it may be, and what a change of it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowyml_infra.resources.derivation import Derivation
    from flowyml_infra.resources.transition import Transition, Verdict
    from flowyml_infra.resources.values import Json, Value

PropertyType = Literal["string", "integer", "boolean", "mapping", "list"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """What makes a value doubtful though it may be right: a clause that follows the property's name, and a hint."""

    clause: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Property:
    """One input of a kind.

    Attributes:
        name: The key in a manifest.
        type: Its JSON type; ``mapping`` is from text to text, ``list`` is of texts.
        description: What it is; shown in the schema and in hints.
        required: It has no default and must be given.
        default: The value when it is left out.
        replaces: A change makes a new resource instead of changing the one that is there.
        sensitive: Its value is a secret even when it was written as plain text.
        stored: Whether it describes the resource; False for instructions such as ``force_destroy`` that only guide us.
        choices: The values allowed, or empty for any.
        check: Says what is wrong with a value, as a clause that follows the property's name, or returns None.
        normalise: Gives values that mean the same one spelling, so that a change of spelling is no change.
        public: It can be seen in the world, so it cannot hold a secret.
        unit: What a number counts, for example ``GiB``.
        minimum: The smallest number allowed, or None.
        maximum: The largest number allowed, or None.
        derived: Where the value comes from when it is left out, or None for ``default``.
        feeds: The inputs it sets of the things that an engine makes for the resource, each ``child.input``.
        transitions: Changes of its value that are treated in a way of their own.
        weakens: Says in what way a value is less safe than the default, as a clause, or returns None.
        doubt: Says what is doubtful about a value that may be right all the same, or returns None.
    """

    name: str
    type: PropertyType
    description: str
    required: bool = False
    default: Json = None
    replaces: bool = False
    sensitive: bool = False
    stored: bool = True
    choices: tuple[str, ...] = ()
    check: Callable[[Json], str | None] | None = None
    normalise: Callable[[Json], Json] | None = None
    public: bool = False
    unit: str = ""
    minimum: int | None = None
    maximum: int | None = None
    derived: Derivation | None = None
    feeds: tuple[str, ...] = ()
    transitions: tuple[Transition, ...] = ()
    weakens: Callable[[Json], str | None] | None = None
    doubt: Callable[[Json], Doubt | None] | None = None

    def transition(self, verdict: Verdict, before: Json, after: Json, wanted: Mapping[str, Value]) -> Transition | None:
        """The transition with this verdict that going from ``before`` to ``after`` is, or None."""
        for item in self.transitions:
            if item.verdict == verdict and item.happens(before, after, wanted):
                return item
        return None
