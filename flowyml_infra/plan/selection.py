"""Owns which changes a plan with ``--target`` or ``--exclude`` keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import PlanError
from flowyml_infra.plan.changes import Create, Delete, Forget, Import
from flowyml_infra.plan.decide import mark_targeted
from flowyml_infra.resources.graph import closure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.plan.changes import Change
    from flowyml_infra.plan.plan import PlanOptions


def check_known(asked: Iterable[Address], known: Iterable[Address], option: str) -> None:
    """Refuse an address that names nothing.

    Raises:
        PlanError: ``asked`` holds an address that is not in ``known``.
    """
    table = frozenset(known)
    for address in asked:
        if address not in table:
            raise PlanError(
                f"{option} {address}: there is no such resource",
                code="plan.unknown_address",
                address=address,
                hint=did_you_mean(address, table) or "`flowyml-infra state list` shows the recorded addresses",
            )


def select(changes: Sequence[Change], options: PlanOptions) -> list[Change]:
    """The changes that ``options`` leaves.

    A target brings what it depends on; one that is deleted brings what depends on it. An exclusion takes what depends
    on it along; one that would be deleted keeps what it depends on.
    """
    if not options.targets and not options.excludes:
        return list(changes)
    # What a replacement left behind comes along with its address, and has no say about it.
    main = {change.address: change for change in changes if not _is_left_behind(change)}
    main = {**{change.address: change for change in changes}, **main}
    forward = {address: _dependencies(change) for address, change in main.items()}
    backward: dict[Address, list[Address]] = {}
    for address, dependencies in forward.items():
        for dependency in dependencies:
            backward.setdefault(dependency, []).append(address)
    gone = frozenset(address for address, change in main.items() if isinstance(change, (Delete, Forget)))
    kept = frozenset(forward)
    if options.targets:
        kept = _targeted(options.targets, gone, forward, backward)
    if options.excludes:
        kept -= _excluded(options.excludes, gone, forward, backward)
    return [mark_targeted(change) for change in changes if change.address in kept]


def _is_left_behind(change: Change) -> bool:
    return isinstance(change, Delete) and change.deposed


def _targeted(
    targets: Sequence[Address],
    gone: frozenset[Address],
    forward: Mapping[Address, Sequence[Address]],
    backward: Mapping[Address, Sequence[Address]],
) -> frozenset[Address]:
    stays = [address for address in targets if address not in gone]
    leaves = [address for address in targets if address in gone]
    return closure(stays, forward) | closure(leaves, backward)


def _excluded(
    excludes: Sequence[Address],
    gone: frozenset[Address],
    forward: Mapping[Address, Sequence[Address]],
    backward: Mapping[Address, Sequence[Address]],
) -> frozenset[Address]:
    stays = [address for address in excludes if address not in gone]
    leaves = [address for address in excludes if address in gone]
    return closure(stays, backward) | closure(leaves, forward)


def _dependencies(change: Change) -> tuple[Address, ...]:
    if isinstance(change, (Create, Import)):
        return change.spec.depends_on
    if isinstance(change, (Delete, Forget)):
        return change.row.dependencies
    return change.spec.depends_on
