"""Owns what follows from a change of properties by the facts about the kind: causes, refusals, names, children."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from flowyml_infra.plan.changes import Create, Delete, Forget, Import, NoOp, Replace, Update
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.resources.derivation import FromName
from flowyml_infra.resources.kind import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.plan.changes import Change, FieldChange
    from flowyml_infra.resources.child import ChildType
    from flowyml_infra.resources.kind import Kind
    from flowyml_infra.resources.spec import ResourceSpec
    from flowyml_infra.resources.values import Value


@dataclass(frozen=True, slots=True)
class ChildChange:
    """What becomes of one of the things that an engine makes for a resource.

    Attributes:
        child: Which one.
        action: ``create``, ``update``, ``replace``, ``delete`` or ``noop``.
    """

    child: ChildType
    action: str


def property_name(path: str) -> str:
    """The property that the field at ``path`` belongs to."""
    return path.partition(".")[0].partition("[")[0]


def cause(item: FieldChange, kind: Kind, before: Mapping[str, Value], after: Mapping[str, Value]) -> str:
    """Why the difference ``item`` takes a new resource, as a sentence without a full stop."""
    transition = kind.transition(property_name(item.path), "replace", before, after)
    return f"{item.path} {transition.why}" if transition is not None else f"{item.path} cannot change in place"


def refusals(
    kind: Kind, fields: Iterable[FieldChange], before: Mapping[str, Value], after: Mapping[str, Value]
) -> list[Fault]:
    """What the cloud would refuse about an update in place, property by property."""
    faults: list[Fault] = []
    for name in dict.fromkeys(property_name(item.path) for item in fields):
        transition = kind.transition(name, "refuse", before, after)
        if transition is not None:
            faults.append(Fault(name, transition.why, transition.hint))
    return faults


def renamed(values: Mapping[str, Value], spec: ResourceSpec, generation: int) -> dict[str, Value]:
    """``values`` for a generation that is made beside its predecessor: names that were made up get its number."""
    result = dict(values)
    for name in spec.generated:
        item, value = find_kind(spec.address).property(name), result.get(name)
        if item is not None and isinstance(item.derived, FromName) and isinstance(value, str):
            result[name] = item.derived.rule.next_generation(value, generation)
    return result


def child_changes(change: Change) -> list[ChildChange]:
    """What becomes of each child of the resource that ``change`` is about, by the facts about what feeds it."""
    kind = find_kind(change.address)
    match change:
        case Create() | Import():
            return [ChildChange(child, "create") for child in kind.children if child.wanted(change.after)]
        case Delete() | Forget():
            gone = "delete" if isinstance(change, Delete) else "noop"
            return [ChildChange(child, gone) for child in kind.children if child.wanted(change.before)]
        case NoOp():
            properties = change.row.properties if kind.children else {}
            return [ChildChange(child, "noop") for child in kind.children if child.wanted(properties)]
        case Replace():
            children = [child for child in kind.children if child.wanted(change.before) or child.wanted(change.after)]
            return [
                ChildChange(child, _presence(child, change.before, change.after) or "replace") for child in children
            ]
        case Update():
            return updated_children(kind, change.fields, change.before, change.after)
        case _:
            assert_never(change)


def updated_children(
    kind: Kind, fields: Iterable[FieldChange], before: Mapping[str, Value], after: Mapping[str, Value]
) -> list[ChildChange]:
    """What becomes of the children when ``fields`` change in place."""
    changed = {property_name(item.path) for item in fields}
    inputs = [feed for item in kind.properties if item.name in changed for feed in item.feeds]
    found: list[ChildChange] = []
    for child in kind.children:
        own = [feed.partition(".")[2] for feed in inputs if feed.partition(".")[0] == child.name]
        action = _presence(child, before, after) or _effect(child, own)
        if child.wanted(before) or child.wanted(after):
            found.append(ChildChange(child, action))
    return found


def _effect(child: ChildType, inputs: list[str]) -> str:
    if not inputs:
        return "noop"
    return "replace" if any(child.facts.makes_new(path) for path in inputs) else "update"


def _presence(child: ChildType, before: Mapping[str, Value], after: Mapping[str, Value]) -> str | None:
    """``create`` or ``delete`` where only one of the two has the child."""
    was, will = child.wanted(before), child.wanted(after)
    return None if was == will else "create" if will else "delete"


def losses(children: Iterable[ChildChange]) -> tuple[str, ...]:
    """What happens to children without happening to the resource, worth a reason in the plan."""
    return tuple(
        f"its {item.child.name.replace('_', ' ')} is {item.action}d{', and keeps data' if item.child.stateful else ''}"
        for item in children
        if not item.child.primary and item.action in ("replace", "delete")
    )
