"""Owns what the transitions of one apply share: engines, values known so far, and the sealing of secrets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from flowyml_infra.apply.engine import Subject
from flowyml_infra.audit.chain import utc_now
from flowyml_infra.errors import ApplyError, OutputError
from flowyml_infra.outputs.resolution import resolve
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.resources.values import (
    Reference,
    Secret,
    StackReference,
    Unknown,
    Variable,
    leaves,
    transform,
)
from flowyml_infra.state.row import Status, encode_json, encode_values
from flowyml_infra.state.unsealing import unseal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.apply.engine import Engine, EngineContext, Made
    from flowyml_infra.plan.planner import Surroundings
    from flowyml_infra.policy.late import Guard
    from flowyml_infra.resources.kind import EngineName
    from flowyml_infra.resources.spec import ResourceSpec
    from flowyml_infra.resources.values import Json, Leaf, Value
    from flowyml_infra.state.row import ResourceRow
    from flowyml_infra.state.store import Sealer


class Bench:
    """What the transitions of one apply work with. Only the executor's own thread uses it, but for ``remove``.

    Args:
        context: Passed on to the engines.
        engines: Engine by name.
        around: Where sensitive variables and other stacks' outputs come from.
        sealer: Makes the state's encryption when a secret first needs it.
        lineage: Bound into every sealed value.
        specs: The definition's specs, for instructions such as ``force_destroy`` in deletions.
        guard: Called with a resource and its values before it is touched; raises where policy does not allow them.
    """

    def __init__(
        self,
        context: EngineContext,
        engines: Mapping[EngineName, Engine],
        around: Surroundings,
        sealer: Callable[[], Sealer],
        lineage: str,
        specs: Mapping[Address, ResourceSpec],
        guard: Guard = lambda _address, _values, _replaced=None: None,
    ) -> None:
        self.context = context
        self._engines = engines
        self._around = around
        self._sealer = sealer
        self.lineage = lineage
        self._specs = specs
        self.guard = guard
        self._outputs: dict[Address, tuple[str, Mapping[str, Value]]] = {}
        self._rows: Mapping[Address, ResourceRow] = {}
        self._gone: set[str] = set()

    def close(self) -> None:
        """Have every engine let go of what it holds."""
        for engine in self._engines.values():
            engine.close()

    def recall(self, rows: Mapping[Address, ResourceRow]) -> None:
        """Use the outputs of ``rows`` for resources that this apply does not touch."""
        self._rows = rows

    def now(self) -> str:
        """The time, as everything recorded has it."""
        return utc_now()

    def digest(self, value: Json) -> str:
        """The state's keyed digest."""
        return self._around.digest(value)

    def engine(self, row: ResourceRow) -> Engine:
        """The engine that makes what ``row`` records."""
        return self._engines[find_kind(row.address).engine]

    def resolve(self, spec: ResourceSpec) -> Mapping[str, Value]:
        """The inputs of ``spec`` with every reference replaced by what it stands for now.

        Raises:
            ApplyError: Something that it refers to has no value yet.
        """
        if not spec.dynamic:
            return spec.properties
        wanted: dict[str, Value] = {}
        for name, value in spec.properties.items():
            wanted[name] = resolve(value, self.lookup)
            self._check_known(spec.address, name, wanted[name])
        return find_kind(spec.address).conceal(wanted)

    def foreseen(self, spec: ResourceSpec) -> Mapping[str, Value]:
        """The inputs of ``spec`` as far as they are known now; the others are unknown."""
        if not spec.dynamic:
            return spec.properties
        wanted = {name: resolve(value, self.lookup) for name, value in spec.properties.items()}
        return find_kind(spec.address).conceal(wanted)

    def _check_known(self, address: Address, name: str, value: Value) -> None:
        for path, leaf in leaves(value, name):
            if isinstance(leaf, Unknown):
                raise ApplyError(
                    f"{path} of {address} has no value: what it refers to is not applied",
                    code="apply.unresolved",
                    address=address,
                    hint="apply what it refers to first: another stack, or what --target or --exclude left out",
                )

    def lookup(self, leaf: Reference | StackReference | Variable) -> Value:
        """What ``leaf`` stands for now; an unknown when it has no value."""
        match leaf:
            case Variable():
                return self._around.variable(leaf)
            case StackReference():
                return self._around.stack_output(leaf)
            case Reference(address, output):
                creation_id, outputs = self._outputs_of(address)
                value = outputs.get(output, Unknown())
                return self._unseal(creation_id, value)
            case _:
                assert_never(leaf)

    def _outputs_of(self, address: Address) -> tuple[str, Mapping[str, Value]]:
        if address not in self._outputs and address in self._rows:
            row = self._rows[address]
            # What an interrupted deletion was about to take may be gone.
            self._outputs[address] = (row.creation_id, {} if row.status == Status.DELETING else row.outputs)
        creation_id, outputs = self._outputs.get(address, ("", {}))
        return ("", {}) if creation_id in self._gone else (creation_id, outputs)

    def gone(self, row: ResourceRow) -> None:
        """What ``row`` records is deleted; its outputs stand for nothing any more."""
        self._gone.add(row.creation_id)

    def component_outputs(self, wanted: Mapping[str, dict[str, Value]]) -> dict[str, dict[str, Value]]:
        """The outputs of every component that has all its values now, sealed; of others there are none."""
        result: dict[str, dict[str, Value]] = {}
        for component, values in wanted.items():
            resolved: dict[str, Value] = {name: resolve(value, self.lookup) for name, value in values.items()}
            if not any(isinstance(leaf, Unknown) for _, leaf in leaves(resolved)):
                result[component] = self._sealed(f"outputs/{component}", resolved)
        return result

    def seal(self, creation_id: str, values: Mapping[str, Value]) -> str:
        """``values`` as a row's JSON text, with every secret sealed."""
        return encode_values(self._sealed(creation_id, dict(values)))

    def _sealed(self, scope: str, values: dict[str, Value]) -> dict[str, Value]:
        def change(_path: str, leaf: Leaf) -> Value:
            return self._sealer().seal(leaf, self._binding(scope)) if isinstance(leaf, Secret) else leaf

        return {name: transform(value, change, name) for name, value in values.items()}

    def _unseal(self, scope: str, value: Value) -> Value:
        return unseal(value, self._binding(scope), self._sealer)

    def _binding(self, scope: str) -> str:
        return f"{self.lineage}/{scope}"

    def clear(self, row: ResourceRow, values: Mapping[str, Value]) -> dict[str, Value]:
        """``values`` of ``row`` with secrets in the clear, for an engine."""
        return {name: self._unseal(row.creation_id, value) for name, value in values.items()}

    def subject(self, row: ResourceRow, properties: Mapping[str, Value] | None = None) -> Subject:
        """What ``row`` records, as an engine sees it; ``properties`` in place of the recorded ones."""
        inputs = self.clear(row, row.properties) if properties is None else properties
        return Subject(row.address, find_kind(row.address), row.creation_id, inputs, row.physical_id, row.children)

    def instructed(self, row: ResourceRow) -> dict[str, Value]:
        """The recorded inputs of ``row`` with the instructions, such as ``force_destroy``, that its spec gives now."""
        inputs = self.clear(row, row.properties)
        spec = self._specs.get(row.address)
        for item in find_kind(row.address).properties:
            if spec is not None and not item.stored:
                value = resolve(spec.properties.get(item.name), self.lookup)
                if not isinstance(value, Unknown):
                    inputs[item.name] = value
        return inputs

    def remove(self, row: ResourceRow, subject: Subject) -> None:
        """Have the engine delete ``subject``; safe on a worker."""
        self.engine(row).delete(subject, self.context)

    def made(self, row: ResourceRow, made: Made) -> ResourceRow:
        """``row`` with what the engine made; its outputs count from now on."""
        kind = find_kind(row.address)
        missing = [item.name for item in kind.outputs if item.name not in made.outputs]
        if missing:
            raise OutputError(f"the engine gave no {', '.join(missing)}", address=row.address)
        outputs = kind.conceal(made.outputs)
        self._outputs[row.address] = (row.creation_id, outputs)
        children = [[child.urn, child.type, child.id, str(child.status)] for child in made.children]
        return replace(
            row,
            physical_id=made.physical_id,
            outputs_json=self.seal(row.creation_id, outputs),
            children_json=encode_json([list(child) for child in children]),
        )
