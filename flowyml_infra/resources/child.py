"""Owns the description of one of the things that an engine makes for a resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowyml_infra.resources.facts.type_facts import TypeFacts
    from flowyml_infra.resources.values import Value


@dataclass(frozen=True, slots=True)
class ChildType:
    """One of them.

    Attributes:
        name: What it is called within its kind, for example ``bucket``.
        facts: What is known about its type.
        primary: It is the resource itself; the others belong to it.
        stateful: It keeps data that its deletion or replacement would lose.
        given: Inputs that the program sets by itself: from another child, or always the same.
        made_if: Whether these properties ask for it; None for one that is always made.
    """

    name: str
    facts: TypeFacts
    primary: bool = False
    stateful: bool = False
    given: tuple[str, ...] = ()
    made_if: Callable[[Mapping[str, Value]], bool] | None = None

    def wanted(self, properties: Mapping[str, Value]) -> bool:
        """Whether a resource with these properties has it."""
        return self.made_if is None or self.made_if(properties)
