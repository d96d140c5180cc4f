"""Owns the halves that changes consist of and the order between them; the plan is listed and carried out along it.

A change has a *make* half (create, update, import), a *destroy* half (delete, forget), or both (replace):

- what is made waits for what it depends on to be made;
- what is destroyed waits for its recorded dependents to be destroyed, or to be changed so that they let go of it;
- the halves of a replacement follow its order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, assert_never

from flowyml_infra.address import Address
from flowyml_infra.plan.changes import Create, Delete, Forget, Import, NoOp, Replace, Update
from flowyml_infra.resources.graph import stable_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flowyml_infra.plan.changes import Change

Half = Literal["make", "destroy"]


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
        edges[key] = _waits_of_destroy(going, dependents.get(going.address, ()), makes, destroys)
    steps: list[Step] = []
    for key in stable_order(edges):
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


def _waits_of_destroy(
    change: Change, dependents: Iterable[Change], makes: Mapping[Address, Change], destroys: Mapping[Address, Change]
) -> list[Address]:
    creates_first = isinstance(change, Replace) and change.order == "create_first"
    waits = [_make_key(change.address)] if creates_first else []
    leaves_room = isinstance(change, Delete | Forget) or creates_first
    for dependent in dependents:
        if dependent.address == change.address:
            continue
        makes_first = isinstance(dependent, Replace) and dependent.order == "create_first"
        key = _destroy_key(dependent)
        # A dependent that is made anew before its old self goes needs this one's successor, which waits for this end.
        if key in destroys and (leaves_room or not makes_first):
            waits.append(key)
        if leaves_room and dependent.address in makes and isinstance(dependent, (Update, Replace)):
            waits.append(_make_key(dependent.address))
    return waits
