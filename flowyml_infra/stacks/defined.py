"""Owns the stack object of a definition that was read from a manifest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from flowyml_infra.stacks.stack import Stack

if TYPE_CHECKING:
    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.resources.values import Json


@dataclass(frozen=True)
class DefinedStack(Stack):
    """A stack with a manifest behind it.

    Attributes:
        name: The stack's name.
        definition: The definition.
    """

    definition: StackDefinition = field(compare=False)

    def spec(self) -> dict[str, Json]:
        """``spec`` of the definition's document."""
        return cast("dict[str, Json]", self.definition.document["spec"])

    def to_definition(self) -> StackDefinition:
        """The definition."""
        return self.definition


def stack_from_definition(definition: StackDefinition) -> Stack:
    """The stack object of ``definition``; what ``StackDefinition.to_stack`` gives."""
    return DefinedStack(definition.name, definition)
