"""Owns the description of a kind of resource; the kinds themselves are one module each in ``kinds/``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from flowyml_infra.resources.values import LEAVES, Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flowyml_infra.resources.child import ChildType
    from flowyml_infra.resources.property import Property, PropertyType
    from flowyml_infra.resources.transition import Transition, Verdict
    from flowyml_infra.resources.values import Value

ReplaceOrder = Literal["create_first", "delete_first"]
EngineName = Literal["local", "pulumi"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one property beside the others: the property, a clause that follows its name, and a cure."""

    property: str
    clause: str
    hint: str | None = None


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
        echoes: The property whose value it has, so that it is known before an apply; or None.
    """

    name: str
    type: PropertyType
    description: str
    sensitive: bool = False
    follows: tuple[str, ...] = ()
    echoes: str | None = None


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
        children: What an engine makes for it; exactly one of them is the primary one. Empty for what is one thing.
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
    children: tuple[ChildType, ...] = ()

    @property
    def id(self) -> str:
        """``provider.name``, the key in the catalogue."""
        return f"{self.provider}.{self.name}"

    @property
    def create_minutes(self) -> float:
        """How long a creation typically takes; 0 for what is there at once."""
        return sum(child.facts.create_minutes for child in self.children)

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

    def without_secrets(self, properties: dict[str, Value]) -> dict[str, Value]:
        """``properties`` with no more of sensitive ones than whether they are written, for what must tell no more."""
        hidden = {item.name for item in self.properties if item.sensitive}
        if not hidden:
            return properties
        return {
            name: value if name not in hidden or value is None or isinstance(value, LEAVES) else True
            for name, value in properties.items()
        }

    def transition(
        self, name: str, verdict: Verdict, before: Mapping[str, Value], after: Mapping[str, Value]
    ) -> Transition | None:
        """The transition with this verdict that the property ``name`` makes, or None; not for unknowns and secrets."""
        item = self.property(name)
        if item is None or not item.transitions:
            return None
        old, new = before.get(name), after.get(name)
        if isinstance(old, LEAVES) or isinstance(new, LEAVES):
            return None
        return item.transition(verdict, old, new, after)  # type: ignore[arg-type]


def _as_secret(value: Value) -> Value:
    return Secret(value) if isinstance(value, (str, int, float)) else value
