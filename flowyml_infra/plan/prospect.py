"""Owns what is known, while a plan is made, about the outputs that resources will have after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from flowyml_infra.outputs.resolution import resolve
from flowyml_infra.plan.changes import Create, Import, NoOp, Replace, Update
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.resources.values import Reference, StackReference, Unknown, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.plan.changes import Decided
    from flowyml_infra.resources.spec import ResourceSpec
    from flowyml_infra.resources.values import Value


@dataclass(slots=True)
class Prospect:
    """Resolves values against the changes decided so far.

    Attributes:
        variable: Gives a sensitive variable as a secret.
        stack_output: Gives an output of another stack, an unknown when it is not applied yet.
        changes: What was decided, by address; filled by the planner in dependency order.
    """

    variable: Callable[[Variable], Value]
    stack_output: Callable[[StackReference], Value]
    changes: dict[Address, Decided] = field(default_factory=dict)

    def resolve(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """``values`` with every reference replaced by its value or an unknown."""
        return {name: resolve(value, self.lookup) for name, value in values.items()}

    def wanted(self, spec: ResourceSpec) -> dict[str, Value]:
        """The inputs that ``spec`` asks for, as far as they are known."""
        if not spec.dynamic:
            return spec.properties
        return find_kind(spec.address).conceal(self.resolve(spec.properties))

    def lookup(self, leaf: Reference | StackReference | Variable) -> Value:
        """The value that ``leaf`` stands for once the plan is applied, or an unknown."""
        match leaf:
            case Variable():
                return self.variable(leaf)
            case StackReference():
                return self.stack_output(leaf)
            case Reference():
                return self._output(leaf)
            case _:
                assert_never(leaf)

    def _output(self, reference: Reference) -> Value:
        output = find_kind(reference.address).output(reference.output)
        unknown = Unknown(output.type if output else "string")
        change = self.changes.get(reference.address)
        if output is not None and output.echoes is not None and isinstance(change, (Create, Replace, Update, Import)):
            # Whether a successor's made-up name gets a number is only settled when everything is decided.
            settled = not isinstance(change, Replace) or output.echoes not in change.spec.generated
            return change.after.get(output.echoes, unknown) if settled else unknown
        match change:
            case NoOp():
                return change.row.outputs.get(reference.output, unknown)
            case Update():
                touched = {item.path.partition(".")[0] for item in change.fields}
                if output is None or touched.intersection(output.follows):
                    return unknown
                return change.row.outputs.get(reference.output, unknown)
            case Create() | Replace() | Import() | None:
                return unknown
            case _:
                assert_never(change)
