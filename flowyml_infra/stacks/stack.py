"""Owns what every stack class offers: a name, a definition, and the check of both; it provisions and runs nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.errors import DefinitionError

if TYPE_CHECKING:
    from flowyml_infra.definition.components import Component
    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.diagnostics import Diagnostic
    from flowyml_infra.resources.values import Json


@dataclass(frozen=True)
class Stack(ABC):
    """A stack made in Python. A pipeline takes it like a name; ``to_definition`` is what a manifest would say.

    Attributes:
        name: The stack's name.
    """

    name: str

    @abstractmethod
    def spec(self) -> dict[str, Json]:
        """``spec`` of the manifest that this stack stands for."""

    def to_definition(self) -> StackDefinition:
        """The definition of this stack.

        Raises:
            DefinitionError: An argument is wrong; ``diagnostics`` lists every such problem.
        """
        from flowyml_infra.definition.stack_definition import StackDefinition

        document = {
            "apiVersion": "flowyml/v1",
            "kind": "StackDefinition",
            "metadata": {"name": self.name},
            "spec": self.spec(),
        }
        return StackDefinition.from_mapping(document, source=f"{type(self).__name__}({self.name!r})")

    def validate(self) -> tuple[Diagnostic, ...]:
        """Every problem of this stack; nothing when it is sound."""
        try:
            return self.to_definition().warnings
        except DefinitionError as error:
            return error.diagnostics

    @property
    def components(self) -> dict[str, Component]:
        """What the stack consists of, by component.

        Raises:
            DefinitionError: An argument is wrong.
        """
        return self.to_definition().components()


def given(**values: Json) -> dict[str, Json]:
    """``values`` without those that are None."""
    return {name: value for name, value in values.items() if value is not None}


def or_made(uri: str | None) -> Json:
    """A component at ``uri``, or one that the stack makes under a name of its own when there is none."""
    return {} if uri is None else uri
