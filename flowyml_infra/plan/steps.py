"""Owns the halves that changes consist of and the order between them; the plan is listed and carried out along it.

A change has a *make* half (create, update, import), a *destroy* half (delete, forget), or both (replace):

- what is made waits for what it depends on to be made;
- the halves of a replacement follow its order, and what an earlier one left behind goes after its successor is made;
- what is made waits for whatever is in its place in the world to be destroyed;
- what is destroyed waits for its recorded dependents to be destroyed, and also
- for those that stay to be changed so that they let go of it.

The first two never form a circle. The others are kept as far as they do not close one, in this order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, assert_never

from flowyml_infra.address import Address
from flowyml_infra.errors import GraphError
from flowyml_infra.plan.changes import Create, Delete, Forget, Import, NoOp, Replace, Update
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.resources.graph import closure, stable_order
from flowyml_infra.resources.local_paths import enclosing_paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flowyml_infra.plan.changes import Change
    from flowyml_infra.resources.values import Value

Half = Literal["make", "destroy"]
_PATH = "path"


@dataclass(frozen=True, slots=True)
class Step:
    """One half of one change.

    Attributes:
        key: Unique in the plan.
        half: Which half.
        change: The change it belongs to.
        after: Keys of the steps that have to be done first.
    """

    key: Address
    half: Half
    change: Change
    after: tuple[Address, ...]


def split(changes: Iterable[Change]) -> list[Step]:
    """The steps of ``changes``, each after those it waits for; no-ops have none.

    Raises:
        GraphError: The changes wait for each other in a circle.
    """
    active = [change for change in changes if not isinstance(change, NoOp)]
    makes: dict[Address, Change] = {
        change.address: change for change in active if not isinstance(change, (Delete, Forget))
    }
    destroys: dict[Address, Change] = {_destroy_key(change): change for change in active if _destroys(change)}
    dependents = _recorded_dependents(active)
    edges: dict[Address, list[Address]] = {}
    for address, making in makes.items():
        edges[_make_key(address)] = _waits_of_make(making, makes)
    for key, going in destroys.items():
        edges[key] = [_make_key(going.address)] if _makes_first(going) or _awaits_successor(going, makes) else []
    wishes = [*_vacancies(makes, destroys), *_removals(destroys, dependents), *_releases(destroys, dependents, makes)]
    order = _order_with(edges, wishes)
    steps: list[Step] = []
    for key in order:
        half: Half = "destroy" if key in destroys else "make"
        owner = destroys[key] if key in destroys else makes[_address(key)]
        steps.append(Step(key, half, owner, tuple(dict.fromkeys(edges[key]))))
    return steps


def arrange(changes: Sequence[Change]) -> list[Change]:
    """``changes`` in the order in which they begin; no-ops come first, by address."""
    idle = sorted((change for change in changes if isinstance(change, NoOp)), key=lambda change: change.address)
    if len(idle) == len(changes):
        return list(idle)
    return [*idle, *{id(step.change): step.change for step in split(changes)}.values()]


def _destroys(change: Change) -> bool:
    match change:
        case Delete() | Forget() | Replace():
            return True
        case Create() | Update() | Import() | NoOp():
            return False
        case _:
            assert_never(change)


def _make_key(address: Address) -> Address:
    return Address(f"{address}+")


def _destroy_key(change: Change) -> Address:
    if isinstance(change, Delete) and change.deposed:
        return Address(f"{change.address}-{change.row.generation}")
    return Address(f"{change.address}-")


def _address(key: Address) -> Address:
    return Address(key.rstrip("+"))


def _recorded_dependents(changes: Iterable[Change]) -> dict[Address, list[Change]]:
    found: dict[Address, list[Change]] = {}
    for change in changes:
        if not isinstance(change, (Create, Import, NoOp)):
            for dependency in change.row.dependencies:
                found.setdefault(dependency, []).append(change)
    return found


def _waits_of_make(change: Change, makes: Mapping[Address, Change]) -> list[Address]:
    if isinstance(change, (Delete, Forget)):
        return []
    waits = [_make_key(address) for address in change.spec.depends_on if address in makes]
    if isinstance(change, Replace) and change.order == "delete_first":
        waits.append(_destroy_key(change))
    return waits


def _awaits_successor(change: Change, makes: Mapping[Address, Change]) -> bool:
    """Whether an older generation has to stay until what is to take its place is made: its data are all there is.

    Not where that is to have its very name; then it has to make room.
    """
    if not isinstance(change, Delete) or not change.deposed or change.address not in makes:
        return False
    successor = makes[change.address]
    if isinstance(successor, (Delete, Forget, NoOp, Update)):
        return False
    own = _name(change, change.before)
    return own is None or own != _name(successor, successor.after)


def _vacancies(makes: Mapping[Address, Change], destroys: Mapping[Address, Change]) -> list[tuple[Address, Address]]:
    """Pairs of a make step and the destroy step of something that is in its place, around it or inside of it."""
    leaving: dict[tuple[object, ...], list[Address]] = {}
    inside: dict[tuple[object, ...], list[Address]] = {}
    for key, change in destroys.items():
        name = _name(change, change.before) if isinstance(change, (Delete, Replace)) else None
        if name is not None:
            leaving.setdefault(name, []).append(key)
            for around in _around(name):
                inside.setdefault(around, []).append(key)
    found: list[tuple[Address, Address]] = []
    for address, change in makes.items():
        name = _name(change, change.after) if isinstance(change, (Create, Replace)) else None
        if name is None:
            continue
        near = [*leaving.get(name, ()), *inside.get(name, ()), *(k for a in _around(name) for k in leaving.get(a, ()))]
        found.extend((_make_key(address), key) for key in near if _is_another(destroys[key], address))
    return found


def _is_another(going: Change, address: Address) -> bool:
    """Whether what goes is not the replaced half of the change at ``address`` itself, which has an order of its own."""
    return going.address != address or (isinstance(going, Delete) and going.deposed)


def _name(change: Change, properties: Mapping[str, Value]) -> tuple[object, ...] | None:
    """What a resource is called in the world, as far as that is known; None for kinds without names of their own."""
    kind = find_kind(change.address)
    values = [properties.get(item) for item in kind.identity]
    if not values or not all(isinstance(value, str) for value in values):
        return None
    # On one machine, things of different kinds share their paths.
    return (_PATH, *values) if kind.identity == ("path",) else (kind.id, *values)


def _around(name: tuple[object, ...]) -> list[tuple[object, ...]]:
    """The names of the folders around a path; nothing is around other names."""
    return [(_PATH, folder) for folder in enclosing_paths(str(name[1]))] if name[0] is _PATH else []


def _removals(
    destroys: Mapping[Address, Change], dependents: Mapping[Address, Sequence[Change]]
) -> list[tuple[Address, Address]]:
    """Pairs of a destroy step and that of something that was made after what it destroys."""
    return [
        (key, _destroy_key(dependent))
        for key, change in destroys.items()
        for dependent in dependents.get(change.address, ())
        if dependent.address != change.address and _destroy_key(dependent) in destroys
    ]


def _makes_first(change: Change) -> bool:
    return isinstance(change, Replace) and change.order == "create_first"


def _releases(
    destroys: Mapping[Address, Change], dependents: Mapping[Address, Sequence[Change]], makes: Mapping[Address, Change]
) -> list[tuple[Address, Address]]:
    """Pairs of a destroy step and a make step after which nothing refers to what is destroyed any more."""
    return [
        (key, _make_key(dependent.address))
        for key, change in destroys.items()
        if isinstance(change, (Delete, Forget)) or _makes_first(change)
        for dependent in dependents.get(change.address, ())
        if dependent.address in makes and dependent.address != change.address
    ]


def _order_with(edges: dict[Address, list[Address]], wishes: Sequence[tuple[Address, Address]]) -> list[Address]:
    """The order along ``edges``, to which those ``wishes`` are added that close no circle."""
    plain = {key: list(after) for key, after in edges.items()}
    for key, after in wishes:
        edges[key].append(after)
    try:
        return stable_order(edges)
    except GraphError:
        edges.update(plain)
    for key, after in wishes:
        if key not in closure([after], edges):
            edges[key].append(after)
    return stable_order(edges)
