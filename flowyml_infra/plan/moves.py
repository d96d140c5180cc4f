"""Owns how recorded rows follow resources to new addresses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.errors import PlanError
from flowyml_infra.resources.compiled import Move

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.state.row import ResourceRow


def follow_moves(
    compiled: Compiled, rows: Mapping[Address, ResourceRow]
) -> tuple[Mapping[Address, ResourceRow], Mapping[Address, Address]]:
    """The rows under their new addresses, and for each moved one the address it was recorded under.

    A move whose source is not recorded has been made before, or never applied; it does nothing.

    Raises:
        PlanError: Source and target are both declared or both recorded, or the target is declared nowhere.
    """
    if not compiled.moved:
        return rows, {}
    table = dict(rows)
    origins: dict[Address, Address] = {}
    for move in compiled.moved:
        if move.source not in table:
            continue
        _check(move, compiled, table)
        row = table.pop(move.source)
        table[move.target] = replace(row, address=move.target)
        _rename_dependency(table, move)
        origins[move.target] = origins.pop(move.source, move.source)
    return table, origins


def moves_back(latest: Compiled, target: Compiled, rows: Mapping[Address, ResourceRow]) -> tuple[Move, ...]:
    """What has to move so that ``target``, an earlier definition, finds what is recorded under names that it declares.

    That is what ``target`` says has moved, and what ``latest`` says, taken back. A name that is taken stays as it is.

    Args:
        latest: The definition that was applied last.
        target: The one that is to be applied.
        rows: What is recorded.
    """
    specs = target.graph.specs
    moves: dict[Address, Move] = {}
    for address in rows:
        if address in specs:
            continue
        name = address
        for move in target.moved:
            name = move.target if move.source == name else name
        for move in reversed(latest.moved):
            name = move.source if move.target == name and name not in specs else name
        if name in specs and name not in rows and name not in moves:
            moves[name] = Move(address, name)
    return tuple(moves.values())


def _rename_dependency(rows: dict[Address, ResourceRow], move: Move) -> None:
    old, new = json.dumps(move.source), json.dumps(move.target)
    for address, row in rows.items():
        if old in row.dependencies_json:
            rows[address] = replace(row, dependencies_json=row.dependencies_json.replace(old, new))


def _check(move: Move, compiled: Compiled, rows: Mapping[Address, ResourceRow]) -> None:
    specs = compiled.graph.specs
    if move.source in specs:
        raise PlanError(
            f"{move.source} is to move to {move.target}, but it is still declared",
            code="plan.move",
            address=move.source,
            hint="remove the declaration under the old name, or the entry under spec.moved",
        )
    if move.target in rows:
        raise PlanError(
            f"{move.source} cannot move to {move.target}: both are recorded",
            code="plan.move",
            address=move.target,
            hint=f"remove one of them first, for example with `flowyml-infra state rm {move.source}`",
        )
    later = any(other.source == move.target for other in compiled.moved)
    if move.target not in specs and not later:
        raise PlanError(
            f"{move.source} is to move to {move.target}, which is declared nowhere",
            code="plan.move",
            address=move.target,
            hint="declare it under spec.resources, or correct the entry under spec.moved",
        )
    if (move.source.provider, move.source.kind) != (move.target.provider, move.target.kind):
        raise PlanError(
            f"{move.source} cannot become {move.target}: the kinds differ",
            code="plan.move",
            address=move.target,
            hint="a move changes the name alone",
        )
