"""Owns what policies judge: one stack in one environment, its image, its resources, and the facts about them.

Everything a rule may look at is in here; a rule that reads anything else could not be replayed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, assert_never

from flowyml_infra.plan.changes import Create, Delete, Forget, Import, NoOp, Replace, Update
from flowyml_infra.policy.facts import NO_FACTS, Facts
from flowyml_infra.resolution.builtin import BUILTIN_SOURCE, BUILTIN_STACK
from flowyml_infra.resources.catalogue import find_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowyml_infra.address import Address
    from flowyml_infra.plan.changes import Action, Change
    from flowyml_infra.plan.plan import Plan
    from flowyml_infra.policy.facts import ImageFacts
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.resources.values import Value
    from flowyml_infra.state.key import DeploymentKey
    from flowyml_infra.state.row import ResourceRow


class _Recorded(Mapping[str, "Value"]):
    """The properties of a resource that stays as it is; of most of those, no rule looks at any."""

    __slots__ = ("_row", "_values")

    def __init__(self, row: ResourceRow) -> None:
        self._row = row
        self._values: dict[str, Value] | None = None

    def _read(self) -> dict[str, Value]:
        if self._values is None:
            self._values = self._row.properties
        return self._values

    def __getitem__(self, name: str) -> Value:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


Purpose = Literal["apply", "destroy", "run", "record", "edit"]
"""What the subject is judged for: an apply, the removal of everything, a pipeline run, what stands recorded or would
after a push, or a correction of single records by hand."""


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One resource and what would be done with it.

    Attributes:
        address: Where.
        action: What would be done; ``noop`` for a resource that stays as it is.
        after: The properties afterwards, possibly with unknowns and secrets; empty when nothing is left.
        before: The properties until then; empty when there is nothing yet.
        chosen: False for what ``--target`` or ``--exclude`` left out of the plan; ``after`` is then what is declared.
        loses: The names of stateful parts that a change takes away although the resource itself stays.
        former: The addresses that it had before, as ``spec.moved`` says.
    """

    address: Address
    action: Action
    after: Mapping[str, Value]
    before: Mapping[str, Value] = field(default_factory=dict)
    chosen: bool = True
    loses: tuple[str, ...] = ()
    former: tuple[Address, ...] = ()

    @property
    def kind(self) -> str:
        """``provider.kind``, as in the catalogue."""
        return self.address[: self.address.rindex(".")]

    @property
    def stays(self) -> bool:
        """Whether the resource is there and managed afterwards."""
        return self.action not in ("delete", "forget")


@dataclass(frozen=True, slots=True)
class PolicySubject:
    """What is judged.

    Attributes:
        stack: The stack's name.
        environment: The environment's name.
        labels: ``metadata.labels``.
        image: The image that steps would run in, or None.
        changes: Every resource, also those that stay as they are; empty for a pipeline run.
        facts: What was collected outside.
        purpose: What it is judged for.
        builtin: The stack is the built-in one, which nobody declared.
        existing: By component, the URI of a thing that is bound and not managed.
        plan: The plan that is judged, or None.
    """

    stack: str
    environment: str = "default"
    labels: Mapping[str, str] = field(default_factory=dict)
    image: str | None = None
    changes: tuple[PlannedChange, ...] = ()
    facts: Facts = NO_FACTS
    purpose: Purpose = "apply"
    builtin: bool = False
    existing: Mapping[str, Value] = field(default_factory=dict)
    plan: Plan | None = None

    @property
    def destroys(self) -> bool:
        """Whether everything would be removed, so that nothing runs afterwards."""
        return self.purpose == "destroy"

    @property
    def image_facts(self) -> ImageFacts | None:
        """What was collected about the image, or None."""
        return None if self.image is None else self.facts.images.get(self.image)

    def resources(self) -> Iterator[PlannedChange]:
        """What this plan leaves there and managed."""
        return (change for change in self.changes if change.stays and change.chosen)

    def footprint(self) -> Iterator[PlannedChange]:
        """What is there and managed in the end, also what ``--target`` or ``--exclude`` put off."""
        return (change for change in self.changes if change.stays)

    def images(self) -> Iterator[tuple[Address | None, Value]]:
        """Every image: the one that steps run in, and those that resources are made of."""
        if self.image is not None:
            yield None, self.image
        for change in self.resources():
            image = change.after.get("image") if find_kind(change.address).property("image") else None
            if image is not None:
                yield change.address, image


def subject_of_plan(plan: Plan, facts: Facts = NO_FACTS) -> PolicySubject:
    """What a policy judges when ``plan`` is to be applied."""
    compiled = plan.compiled
    changes = [_planned(change) for change in plan.changes]
    if not plan.options.destroy:
        there = {change.address for change in changes}
        specs = compiled.graph.specs
        changes += [
            PlannedChange(address, "noop", find_kind(address).conceal(spec.properties), chosen=False)
            for address, spec in specs.items()
            if address not in there
        ]
    subject = _of_compiled(compiled, compiled.image, facts)
    purpose: Purpose = "destroy" if plan.options.destroy else "apply"
    return replace(subject, changes=_with_former(changes, compiled), purpose=purpose, plan=plan)


def subject_of_run(compiled: Compiled, image: str | None = None, facts: Facts = NO_FACTS) -> PolicySubject:
    """What a policy judges before a pipeline runs on ``compiled``, in ``image`` when that overrides the stack's."""
    effective = compiled.image if image is None else image
    return replace(_of_compiled(compiled, effective, facts), purpose="run")


def subject_of_record(
    key: DeploymentKey,
    rows: Iterable[ResourceRow],
    compiled: Compiled | None,
    touched: Iterable[PlannedChange] = (),
    purpose: Purpose = "record",
) -> PolicySubject:
    """What a policy judges of what stands recorded, or would: ``rows``, and the definition where there is one.

    Args:
        key: The deployment.
        rows: What is recorded afterwards.
        compiled: The definition, or None where it is gone or wrong.
        touched: What happens on the way, in place of what ``rows`` has at the same addresses.
        purpose: What it is judged for.
    """
    edited = {change.address: change for change in touched}
    kept = (PlannedChange(row.address, "noop", row.properties, row.properties) for row in rows)
    changes = (*(change for change in kept if change.address not in edited), *edited.values())
    if compiled is None:
        known = PolicySubject(key.stack)
    else:
        known, changes = _of_compiled(compiled, compiled.image, NO_FACTS), _with_former(changes, compiled)
    return replace(known, stack=key.stack, environment=key.environment, changes=changes, purpose=purpose)


def _of_compiled(compiled: Compiled, image: str | None, facts: Facts) -> PolicySubject:
    managed = {spec.component for spec in compiled.graph.specs.values() if spec.component}
    return PolicySubject(
        stack=compiled.name,
        environment=compiled.environment,
        labels=compiled.labels,
        image=image,
        facts=facts,
        builtin=_is_builtin(compiled),
        existing={
            component: values["uri"]
            for component, values in compiled.outputs.items()
            if component not in managed and values.get("uri") is not None
        },
    )


def _with_former(changes: Iterable[PlannedChange], compiled: Compiled) -> tuple[PlannedChange, ...]:
    """``changes`` with the addresses that each resource had before, the last one first."""
    sources = {move.target: move.source for move in compiled.moved}
    return tuple(
        replace(change, former=(*change.former, *_chain(change.address, sources)))
        if change.address in sources
        else change
        for change in changes
    )


def _chain(address: Address, sources: Mapping[Address, Address]) -> Iterator[Address]:
    seen = {address}
    while (before := sources.get(address)) is not None and before not in seen:
        yield before
        seen.add(before)
        address = before


def _is_builtin(compiled: Compiled) -> bool:
    return (compiled.source, compiled.name, compiled.provider) == (BUILTIN_SOURCE, BUILTIN_STACK, "local")


def _planned(change: Change) -> PlannedChange:
    match change:
        case NoOp():
            properties = _Recorded(change.row)
            return PlannedChange(change.address, change.action, properties, properties)
        case Create() | Import():
            return PlannedChange(change.address, change.action, change.after)
        case Update() | Replace():
            return PlannedChange(change.address, change.action, change.after, change.before, loses=_losses(change))
        case Delete() | Forget():
            return PlannedChange(change.address, change.action, {}, change.before)
        case _:
            assert_never(change)


def _losses(change: Update | Replace) -> tuple[str, ...]:
    from flowyml_infra.plan.consequences import child_changes

    if isinstance(change, Replace) or not find_kind(change.address).children:
        return ()
    return tuple(
        item.child.name
        for item in child_changes(change)
        if item.child.stateful and item.action in ("delete", "replace")
    )
