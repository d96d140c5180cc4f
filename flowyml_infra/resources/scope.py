"""Owns what the names in a definition's references mean: resources of the same stack, by component or by key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flowyml_infra.definition.template import EnvironmentVariable, ResourceOutput, StackOutput
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.resources.values import Reference, StackReference, Variable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowyml_infra.address import Address
    from flowyml_infra.definition.components import Component
    from flowyml_infra.definition.template import TemplatePart
    from flowyml_infra.resources.declarations import Declaration
    from flowyml_infra.resources.kind import Kind, Output
    from flowyml_infra.resources.problems import Path, Problems
    from flowyml_infra.resources.setting import Setting
    from flowyml_infra.resources.values import Part


@dataclass(frozen=True)
class Scope:
    """The names of one definition.

    Attributes:
        kinds: The kind at each address.
        names: Address by short name.
        unmanaged: What to say of a component's name that has no resource.
        problems: Takes what is wrong.
        setting: What surrounds the definition.
        components: The addresses that stand for each component, the main one first.
        by_kind: The addresses of each kind, by its id.
    """

    problems: Problems
    setting: Setting
    kinds: dict[Address, Kind] = field(default_factory=dict)
    names: dict[str, Address] = field(default_factory=dict)
    unmanaged: dict[str, str] = field(default_factory=dict)
    components: dict[str, list[Address]] = field(default_factory=dict)
    by_kind: dict[str, list[Address]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, declared: Iterable[Declaration], components: Iterable[Component], problems: Problems, setting: Setting
    ) -> Scope:
        """The scope of these declarations; a name that two of them have is a problem."""
        scope = cls(problems, setting)
        for item in declared:
            name = item.address.name
            scope.kinds[item.address] = item.kind
            scope.by_kind.setdefault(item.kind.id, []).append(item.address)
            if item.component is not None:
                scope.components.setdefault(item.component, []).append(item.address)
                if len(scope.components[item.component]) > 1:
                    continue
            if name in scope.names:
                hint = "give the resource another name"
                summary = f"{name} is both a component and a resource, so references to it are unclear"
                problems.add("graph.duplicate", item.path, summary, hint, address=item.address)
            scope.names[name] = item.address
        for component in components:
            if component.name not in scope.names:
                why = "is there already" if component.existing else "has no resource of its own"
                scope.unmanaged[component.name] = f"the component {component.name} {why}, so it has no outputs here"
        return scope

    def part(self, part: TemplatePart, path: Path) -> Part | None:
        """The value that one part of a text stands for; None, noted, for a reference to nothing."""
        match part:
            case str():
                return part
            case EnvironmentVariable(name, default):
                return Variable(name, default)
            case StackOutput(stack, component, output):
                return StackReference(stack, component, output)
            case ResourceOutput(name, output):
                return self._reference(name, output, path)

    def output(self, reference: Reference) -> Output | None:
        """The output that ``reference`` names."""
        return self.kinds[reference.address].output(reference.output)

    def _reference(self, name: str, output: str, path: Path) -> Reference | None:
        address = self.names.get(name)
        if address is None:
            if name in self.unmanaged:
                hint = "write its value out, or let the stack manage it"
                self.problems.add("graph.dangling", path, self.unmanaged[name], hint)
            else:
                known = f"there is {', '.join(sorted(self.names))}" if self.names else "the stack has no resources"
                hint = did_you_mean(name, self.names) or known
                self.problems.add("graph.dangling", path, f"there is no resource {name!r} to refer to", hint)
            return None
        kind = self.kinds[address]
        if kind.output(output) is None:
            there = [item.name for item in kind.outputs]
            hint = did_you_mean(output, there) or f"it has {', '.join(there)}"
            self.problems.add("graph.dangling", path, f"{kind.id} has no output {output!r}", hint)
            return None
        return Reference(address, output)
