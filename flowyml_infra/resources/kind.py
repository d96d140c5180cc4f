"""Owns the description of a kind of resource; the kinds themselves are one module each in ``kinds/``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from flowyml_infra.resources.values import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flowyml_infra.resources.values import Json, Value

PropertyType = Literal["string", "integer", "boolean", "mapping", "list"]
ReplaceOrder = Literal["create_first", "delete_first"]
EngineName = Literal["local", "pulumi"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one property beside the others: the property, a clause that follows its name, and a cure."""

    property: str
    clause: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Property:
    """One input of a kind.

    Attributes:
        name: The key in a manifest.
        type: Its JSON type; ``mapping`` is from text to text.
        description: What it is, with the unit; shown in the schema and in hints.
        required: It has no default and must be given.
        default: The value when it is left out.
        replaces: A change makes a new resource instead of changing the one that is there.
        sensitive: Its value is a secret even when it was written as plain text.
        stored: Whether it describes the resource; False for instructions such as ``force_destroy`` that only guide us.
        choices: The values allowed, or empty for any.
        check: Says what is wrong with a value, as a clause that follows the property's name, or returns None.
        normalise: Gives values that mean the same one spelling, so that a change of spelling is no change.
        public: It can be seen in the world, so it cannot hold a secret.
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


@dataclass(frozen=True, slots=True)
class Output:
    """One output of a kind.

    Attributes:
        name: The key in ``${resources.NAME.outputs.KEY}``.
        type: Its JSON type.
        description: What it is.
        sensitive: It is a secret.
        follows: The properties it is made from: an update that changes one of them makes the output unknown until
            applied. Without any, only a creation or replacement does.
    """

    name: str
    type: PropertyType
    description: str
    sensitive: bool = False
    follows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """What the library knows about one kind of resource.

    Attributes:
        provider: ``local``, ``aws``, …
        name: The middle part of an address.
        summary: One sentence.
        engine: Which engine makes it.
        properties: Its inputs, in the order they are shown.
        outputs: What it gives.
        located_by: How a creation whose end was not recorded is found again: by the creation id it is tagged with,
            else by its deterministic name.
        stateful: It keeps data that its deletion or replacement would lose.
        replace_order: Which half of a replacement comes first unless ``create_before_destroy`` asks otherwise.
        identity: The properties that name it in the world; two things cannot share all of them.
        check: Says what is wrong with properties that are right one by one and not together; it gets all of them,
            normalised, and those that are not known yet as references.
    """

    provider: str
    name: str
    summary: str
    engine: EngineName
    properties: tuple[Property, ...]
    outputs: tuple[Output, ...]
    located_by: Literal["tag", "name"]
    stateful: bool = False
    replace_order: ReplaceOrder = "delete_first"
    identity: tuple[str, ...] = ()
    check: Callable[[Mapping[str, Value]], Iterable[Fault]] | None = None

    @property
    def id(self) -> str:
        """``provider.name``, the key in the catalogue."""
        return f"{self.provider}.{self.name}"

    def property(self, name: str) -> Property | None:
        """The property of this name, or None."""
        return next((item for item in self.properties if item.name == name), None)

    def output(self, name: str) -> Output | None:
        """The output of this name, or None."""
        return next((item for item in self.outputs if item.name == name), None)

    def conceal(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """``values`` with those of sensitive properties and outputs as secrets, whatever they were written as."""
        hidden = {item.name for item in self.properties if item.sensitive}
        hidden.update(item.name for item in self.outputs if item.sensitive)
        return {name: _as_secret(value) if name in hidden else value for name, value in values.items()}


def _as_secret(value: Value) -> Value:
    return Secret(value) if isinstance(value, (str, int, float)) else value
