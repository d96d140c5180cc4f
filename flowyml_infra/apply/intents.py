"""Owns the telling of engines what a plan is about to do, before anything of it is done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.apply.engine import Intent, Subject
from flowyml_infra.plan.changes import Create, Delete, Forget, Import, NoOp, Replace, Update
from flowyml_infra.plan.consequences import renamed
from flowyml_infra.plan.diff import overlay
from flowyml_infra.resources.catalogue import find_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowyml_infra.apply.bench import Bench
    from flowyml_infra.apply.engine import Engine
    from flowyml_infra.plan.changes import Change
    from flowyml_infra.plan.plan import Plan
    from flowyml_infra.resources.kind import EngineName

_NOT_MADE = "00000000-0000-4000-8000-000000000000"
"""The creation id of what has none yet."""


def prepare(plan: Plan, bench: Bench, engines: Mapping[EngineName, Engine]) -> None:
    """Have every engine look at what it is about to be asked for.

    Raises:
        ApplyError: One of them refuses; nothing was touched.
    """
    asked: dict[EngineName, list[Intent]] = {}
    strayed = {row.creation_id for row in plan.refreshed.changed}
    for change in plan.changes:
        for intent in _intents(change, bench):
            found = replace(intent, strayed=intent.subject.creation_id in strayed)
            asked.setdefault(intent.subject.kind.engine, []).append(found)
    for row in plan.refreshed.gone:
        kind = find_kind(row.address)
        gone = Intent("drop", Subject(row.address, kind, row.creation_id, {}, row.physical_id), strayed=True)
        asked.setdefault(kind.engine, []).append(gone)
    for name, intents in asked.items():
        engines[name].prepare(intents, bench.context)


def _intents(change: Change, bench: Bench) -> Iterator[Intent]:
    kind = find_kind(change.address)
    match change:
        case Create(spec=spec, resumes=row):
            creation_id = _NOT_MADE if row is None else row.creation_id
            wanted = bench.foreseen(spec)
            if row is not None and spec.generated:
                wanted = overlay(wanted, row.properties, spec.generated)
            yield Intent("create", Subject(change.address, kind, creation_id, wanted), resumes=row is not None)
        case Update(spec=spec, row=row):
            wanted = bench.clear(row, overlay(bench.foreseen(spec), row.properties, spec.kept))
            yield Intent("update", Subject(change.address, kind, row.creation_id, wanted, row.physical_id))
        case Replace(spec=spec, row=row):
            wanted = bench.foreseen(spec)
            if change.order == "create_first":
                wanted = renamed(wanted, spec, row.generation + 1)
            yield Intent("delete", Subject(change.address, kind, row.creation_id, {}, row.physical_id))
            yield Intent("create", Subject(change.address, kind, _NOT_MADE, wanted))
        case Delete(row=row):
            yield Intent("delete", Subject(change.address, kind, row.creation_id, {}, row.physical_id))
        case Import() | Forget() | NoOp():
            return
