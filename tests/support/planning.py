"""Short ways to a definition, a plan and an apply over the in-memory world."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowyml_infra.address import Address
from flowyml_infra.apply.applying import Workplace, carry_out
from flowyml_infra.apply.bench import Bench
from flowyml_infra.apply.engine import EngineContext
from flowyml_infra.apply.refresh import look
from flowyml_infra.apply.taking import take_in
from flowyml_infra.errors import OutputError
from flowyml_infra.plan.plan import PlanOptions
from flowyml_infra.plan.planner import Surroundings, make_plan
from flowyml_infra.policy.gate import Gate
from flowyml_infra.policy.loading import load_policies
from flowyml_infra.resources.compiled import Compiled, Move
from flowyml_infra.resources.graph import Graph
from flowyml_infra.resources.spec import DEFAULT_LIFECYCLE, Lifecycle, ResourceSpec, spec_digest
from flowyml_infra.resources.values import Reference, Secret, Unknown, Variable, leaves
from flowyml_infra.state.key import DeploymentKey
from tests.support.world import MemoryStore, PlainSealer, World

KEY = DeploymentKey("demo", "default")


DEFAULTS: dict[str, dict[str, Any]] = {
    "data": {"input": None, "labels": {}, "token": None, "trigger": None},
    "named": {"size": 1},
    "fake": {"zone": "z1", "size": 10, "grade": "plain", "policy": None, "format": "a", "open": False},
}


def address(name: str, kind: str = "data") -> Address:
    return Address(f"local.{kind}.{name}")


def spec(
    name: str,
    properties: dict[str, Any] | None = None,
    *,
    kind: str = "data",
    after: tuple[str, ...] = (),
    lifecycle: Lifecycle = DEFAULT_LIFECYCLE,
    generated: tuple[str, ...] = (),
) -> ResourceSpec:
    defaults = DEFAULTS[kind]
    values = {**defaults, **(properties or {})}
    referred = [leaf.address for _, leaf in leaves(values) if isinstance(leaf, Reference)]
    depends_on = tuple(sorted({*referred, *(address(item) for item in after)}))
    dynamic = any(True for _ in leaves(values))
    digest = spec_digest(values, depends_on, lifecycle)
    return ResourceSpec(
        address(name, kind), values, depends_on, lifecycle, digest=digest, dynamic=dynamic, generated=generated
    )


def compiled(*specs: ResourceSpec, moved: tuple[tuple[Address, Address], ...] = (), **fields: Any) -> Compiled:
    graph = Graph.of(specs)
    digest = "+".join(sorted(item.digest for item in specs))
    base = {
        "name": KEY.stack,
        "environment": KEY.environment,
        "version": None,
        "labels": {},
        "provider": "local",
        "image": None,
        "source": "stacks/demo.yaml",
        "source_digest": "source",
        "definition_digest": digest,
        "document": {},
        "graph": graph,
        "moved": tuple(Move(source, target) for source, target in moved),
    }
    return Compiled(**{**base, **fields})


@dataclass
class Bed:
    """A world, its state, and the sensitive variables of the moment."""

    world: World = field(default_factory=World)
    store: MemoryStore = field(default_factory=MemoryStore)
    variables: dict[str, str] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def around(self, policies: dict[str, Any]) -> Surroundings:
        return Surroundings(
            variable=self._variable,
            stack_output=lambda _: Unknown(),
            digest=PlainSealer().digest,
            policy_digest=load_policies(policies).digest,
            engines={"local": "1"},
        )

    def _variable(self, variable: Variable) -> Secret:
        if variable.name not in self.variables:
            raise OutputError(f"{variable.name} is not set")
        return Secret(self.variables[variable.name])

    def plan(self, definition: Compiled, **options: Any):
        return make_plan(definition, self.store.snapshot(KEY), PlanOptions(**options), self.around(definition.policies))

    def apply(self, definition: Compiled, *, parallelism: int = 4, **options: Any):
        plan = self.plan(definition, **options)
        return self.carry_out(plan, parallelism=parallelism)

    def carry_out(self, plan, *, parallelism: int = 4, progress=lambda _: None):
        place = self._place(plan.compiled.policies, parallelism=parallelism, progress=progress)
        return carry_out(Gate(load_policies(plan.compiled.policies)).approve(plan), place)

    def refresh(self) -> int:
        """Look at the world, and record what differs; returns the serial."""
        snapshot = self.store.snapshot(KEY)
        lineage = snapshot.lineage or ""
        context = EngineContext(Path(), KEY, lambda: None, lineage)
        bench = Bench(context, {"local": self.world}, self.around({}), self.store.sealer, lineage, {})
        found = look(list(snapshot.rows.values()), bench).refreshed
        return take_in(snapshot, found, self._place({})) if found else snapshot.serial

    def _place(self, policies: dict[str, Any], **options: Any) -> Workplace:
        return Workplace(
            store=self.store,
            engines={"local": self.world},
            root=Path(),
            around=self.around(policies),
            who="tester",
            recheck=lambda: None,
            stop=self.stop,
            **options,
        )

    def actions(self, definition: Compiled, **options: Any) -> dict[str, str]:
        plan = self.plan(definition, **options)
        return {change.address.name: change.action for change in plan.changes}
