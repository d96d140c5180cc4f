"""Owns the telling of engines what a plan is about to do, before anything of it is done."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.apply.engine import Intent, Subject
from flowyml_infra.plan.changes import Create, Delete, Forget, Import, NoOp, Replace, Update
from flowyml_infra.plan.consequences import renamed
from flowyml_infra.plan.diff import overlay
from flowyml_infra.resources.catalogue import find_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.apply.bench import Bench
    from flowyml_infra.apply.engine import Engine, PartStep
    from flowyml_infra.plan.changes import Change
    from flowyml_infra.plan.plan import Plan
    from flowyml_infra.resources.kind import EngineName
    from flowyml_infra.state.row import ResourceRow

_NOT_MADE = "00000000-0000-4000-8000-000000000000"
"""The creation id of what has none yet."""
_NAMESPACE = uuid.UUID("7b0c1f5e-4f0e-4a35-9c83-0f6a3f1f7c52")
"""Sets the ids of imports apart from others."""


def prepare(plan: Plan, bench: Bench, engines: Mapping[EngineName, Engine]) -> None:
    """Have every engine look at what it is about to be asked for.

    Raises:
        ApplyError: One of them refuses; nothing was touched.
    """
    for name, intents in _asked(plan, bench).items():
        engines[name].prepare(intents, bench.context)


def preview(plan: Plan, bench: Bench, engines: Mapping[EngineName, Engine]) -> dict[Address, Sequence[PartStep]]:
    """What the engines would do with the parts of each resource; nothing is written anywhere.

    Raises:
        ApplyError: One of them would refuse.
    """
    found: dict[Address, Sequence[PartStep]] = {}
    for name, intents in _asked(plan, bench).items():
        found.update(engines[name].preview(intents, bench.context))
    return found


def _asked(plan: Plan, bench: Bench) -> Mapping[EngineName, list[Intent]]:
    asked: dict[EngineName, list[Intent]] = {}
    strayed = {row.creation_id for row in plan.refreshed.changed} | _taken_in(plan)
    for change in plan.changes:
        for intent in _intents(change, bench):
            found = replace(intent, strayed=intent.subject.creation_id in strayed)
            asked.setdefault(intent.subject.kind.engine, []).append(found)
    for row in plan.refreshed.gone:
        asked.setdefault(find_kind(row.address).engine, []).append(dropped(row))
    return asked


def _taken_in(plan: Plan) -> set[str]:
    """The creation ids of what an earlier look recorded as the world has it; such a row has no digest of a spec."""
    rows = (change.row for change in plan.changes if isinstance(change, (Update, Replace, Delete)))
    return {row.creation_id for row in rows if not row.spec_digest}


def dropped(row: ResourceRow) -> Intent:
    """What an engine is told about something that is gone from the world."""
    subject = Subject(row.address, find_kind(row.address), row.creation_id, {}, row.physical_id)
    return Intent("drop", subject, strayed=True)


def import_id(lineage: str, change: Import) -> str:
    """The creation id of what ``change`` takes over: the same each time, so that a killed import goes on."""
    return str(uuid.uuid5(_NAMESPACE, f"{lineage}\n{change.address}\n{change.physical_id}"))


def _intents(change: Change, bench: Bench) -> Iterator[Intent]:
    kind = find_kind(change.address)
    match change:
        case Create(spec=spec, resumes=row):
            wanted = bench.foreseen(spec)
            if row is None:
                yield Intent("create", Subject(change.address, kind, _NOT_MADE, wanted))
                return
            if spec.generated:
                wanted = overlay(wanted, row.properties, spec.generated)
            yield Intent("create", bench.subject(row, wanted), resumes=True)
        case Update(spec=spec, row=row):
            wanted = bench.clear(row, overlay(bench.foreseen(spec), row.properties, spec.kept))
            yield Intent("update", bench.subject(row, wanted))
        case Replace(spec=spec, row=row):
            wanted = bench.foreseen(spec)
            if change.order == "create_first":
                wanted = renamed(wanted, spec, row.generation + 1)
            yield Intent("delete", bench.subject(row, bench.instructed(row)))
            yield Intent("create", Subject(change.address, kind, _NOT_MADE, wanted))
        case Delete(row=row):
            yield Intent("delete", bench.subject(row, bench.instructed(row)))
        case Import(spec=spec):
            creation_id = import_id(bench.lineage, change)
            yield Intent("import", Subject(change.address, kind, creation_id, bench.foreseen(spec), change.physical_id))
        case Forget() | NoOp():
            return
