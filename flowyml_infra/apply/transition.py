"""Owns the way of one step from intent to record, as generators that ask for writes and engine calls.

A transition yields a :class:`Record`, which the executor commits before it resumes the transition, or a :class:`Call`,
which it runs on a worker and whose result it sends back, or throws in. So each transition reads from top to bottom in
the order that must survive a crash: intent, action, outcome.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias, assert_never

from flowyml_infra.apply.engine import Made, Reading
from flowyml_infra.apply.intents import import_id
from flowyml_infra.errors import ApplyError, EngineError
from flowyml_infra.plan.changes import Create, Delete, Forget, Import, NoOp, Replace, Update
from flowyml_infra.plan.consequences import refusals, renamed
from flowyml_infra.plan.diff import diff, overlay
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.state.row import ResourceRow, Status, encode_json
from flowyml_infra.state.store import DropRow, PutRow

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from flowyml_infra.apply.bench import Bench
    from flowyml_infra.plan.steps import Step
    from flowyml_infra.resources.spec import ResourceSpec
    from flowyml_infra.resources.values import Value
    from flowyml_infra.state.store import Write


@dataclass(frozen=True, slots=True)
class Record:
    """Commit these writes before going on; ``last`` says that nothing comes after them."""

    writes: tuple[Write, ...]
    last: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """Run this on a worker and give back what it returns."""

    run: Callable[[], Made | Reading | None]


Transition: TypeAlias = "Generator[Record | Call, Made | Reading | None, None]"


def transition(step: Step, bench: Bench) -> Transition:
    """The transition of one step.

    Raises:
        EngineError: From the generator, when the engine refuses; the row then says how far it went.
    """
    change = step.change
    match change:
        case Create():
            return _create(change.spec, change.resumes, bench)
        case Update():
            return _update(change.spec, change.row, bench)
        case Replace():
            if step.half == "destroy":
                return _make_way(change, bench)
            return _create(change.spec, None, bench, change.row.generation + 1, beside=change.order == "create_first")
        case Delete():
            return _delete(change.row, bench)
        case Forget():
            return _forget(change)
        case Import():
            return _adopt(change, bench)
        case NoOp():
            raise AssertionError("a no-op has no step")
        case _:
            assert_never(change)


def rewritten(change: NoOp) -> ResourceRow:
    """The row of a no-op with the spec's dependencies, lifecycle and digest, for which the engine is not needed."""
    return _as_asked(change.row, change.spec)


def _create(
    spec: ResourceSpec, resumed: ResourceRow | None, bench: Bench, generation: int = 1, *, beside: bool = False
) -> Transition:
    wanted = bench.resolve(spec)
    if beside:
        wanted = renamed(wanted, spec, generation)
    elif resumed is not None and spec.generated:
        wanted = overlay(wanted, resumed.properties, spec.generated)
    bench.guard(spec.address, wanted)
    if resumed is not None and not bench.engine(resumed).resumes:
        found = yield from _located(resumed, bench)
        if found is not None:
            adopted = bench.made(replace(resumed, status=Status.CREATED), found)
            yield Record((PutRow(adopted),))
            yield from _converge(spec, adopted, wanted, bench)
            return
    creation_id = resumed.creation_id if resumed else str(uuid.uuid4())
    row = ResourceRow(
        address=spec.address,
        generation=resumed.generation if resumed else generation,
        status=Status.CREATING,
        creation_id=creation_id,
        spec_digest=spec.digest,
        properties_json=bench.seal(creation_id, wanted),
        created_at=bench.now(),
    )
    row = _as_asked(row, spec)
    yield Record((PutRow(row),))
    subject = bench.subject(row, wanted)
    try:
        made = yield Call(lambda: bench.engine(row).create(subject, bench.context))
    except EngineError as error:
        if error.untouched:
            yield Record((DropRow(row.address, row.generation),))
        raise
    yield Record((PutRow(bench.made(replace(row, status=Status.CREATED), _made(made))),), last=True)


def _located(row: ResourceRow, bench: Bench) -> Generator[Record | Call, Made | Reading | None, Made | None]:
    subject = bench.subject(row)
    found = yield Call(lambda: bench.engine(row).locate(subject, bench.context))
    return None if found is None else _made(found)


def _converge(spec: ResourceSpec, row: ResourceRow, wanted: Mapping[str, Value], bench: Bench) -> Transition:
    """Bring an adopted resource, made from an earlier definition, to what is wanted now."""
    fields = diff(row.properties, wanted, find_kind(spec.address), bench.digest, spec.kept)
    if any(item.forces_replacement for item in fields):
        bench.guard(spec.address, wanted, row.properties)
        yield from _delete(row, bench, last=False)
        yield from _create(spec, None, bench, generation=row.generation + 1)
    elif fields:
        yield from _update(spec, row, bench)


def _update(spec: ResourceSpec, row: ResourceRow, bench: Bench) -> Transition:
    before = row.properties
    wanted = overlay(bench.resolve(spec), before, spec.kept)
    _check_in_place(spec, before, wanted, bench)
    bench.guard(spec.address, wanted)
    intent = replace(row, status=Status.UPDATING, properties_json=bench.seal(row.creation_id, wanted))
    intent = _as_asked(intent, spec)
    yield Record((PutRow(intent),))
    subject = bench.subject(intent, wanted)
    clear = bench.clear(row, before)
    try:
        made = yield Call(lambda: bench.engine(row).update(subject, clear, bench.context))
    except EngineError as error:
        if error.untouched:
            yield Record((PutRow(row),))
        raise
    yield Record((PutRow(bench.made(replace(intent, status=Status.CREATED), _made(made))),), last=True)


def _check_in_place(spec: ResourceSpec, before: Mapping[str, Value], wanted: Mapping[str, Value], bench: Bench) -> None:
    """Refuse an update that turns out to take a replacement, now that values are known which a plan could not know."""
    kind = find_kind(spec.address)
    if not spec.dynamic or not any(item.transitions for item in kind.properties):
        return
    fields = diff(before, wanted, kind, bench.digest, spec.kept)
    path = next((item.path for item in fields if item.forces_replacement), None)
    faults = refusals(kind, fields, before, wanted)
    if path is None and not faults:
        return
    why = f"{path} cannot change in place" if path is not None else f"{faults[0].property} {faults[0].clause}"
    raise ApplyError(
        f"{spec.address} was planned to change in place, and cannot: {why}",
        code="apply.unplanned",
        address=spec.address,
        hint="make a new plan: the value is known now",
    )


def _delete(row: ResourceRow, bench: Bench, *, last: bool = True) -> Transition:
    target = row
    if row.status == Status.CREATING and not bench.engine(row).resumes:
        found = yield from _located(row, bench)
        if found is None:
            yield Record((DropRow(row.address, row.generation),), last)
            return
        target = replace(row, physical_id=found.physical_id)
    yield Record((PutRow(replace(target, status=Status.DELETING)),))
    subject = bench.subject(target, bench.instructed(target))
    try:
        yield Call(lambda: bench.remove(row, subject))
    except EngineError as error:
        if error.untouched and row.status != Status.DELETING:
            yield Record((PutRow(row),))
        raise
    bench.gone(row)
    yield Record((DropRow(row.address, row.generation),), last)


def _make_way(change: Replace, bench: Bench) -> Transition:
    """Delete what is replaced; where that comes first, its successor must be allowed before."""
    if change.order == "delete_first":
        bench.guard(change.address, bench.foreseen(change.spec))
    yield from _delete(change.row, bench)


def _forget(change: Forget) -> Transition:
    yield Record((DropRow(change.address, change.row.generation),), last=True)


def _adopt(change: Import, bench: Bench) -> Transition:
    spec = change.spec
    wanted = bench.resolve(spec)
    bench.guard(spec.address, wanted)
    creation_id = import_id(bench.lineage, change)
    row = ResourceRow(
        address=spec.address,
        generation=1,
        status=Status.CREATED,
        creation_id=creation_id,
        spec_digest=spec.digest,
        properties_json=bench.seal(creation_id, wanted),
        physical_id=change.physical_id,
        created_at=bench.now(),
    )
    row = _as_asked(row, spec)
    subject = bench.subject(row, wanted)
    reading = yield Call(lambda: bench.engine(row).read(subject, bench.context))
    if not isinstance(reading, Reading):
        raise ApplyError(f"there is no {change.physical_id} to import", address=spec.address, hint="check the id")
    yield Record((PutRow(replace(row, status=Status.UPDATING)),))
    # The update marks it as ours and brings it to what is wanted.
    made = yield Call(lambda: bench.engine(row).update(subject, reading.properties, bench.context))
    yield Record((PutRow(bench.made(row, _made(made))),), last=True)


def _made(result: Made | Reading | None) -> Made:
    if not isinstance(result, Made):
        raise EngineError("the engine did not say what it made")
    return result


def _as_asked(row: ResourceRow, spec: ResourceSpec) -> ResourceRow:
    return replace(
        row,
        spec_digest=spec.digest,
        dependencies_json=encode_json([str(item) for item in spec.depends_on]),
        lifecycle_json=encode_json(spec.lifecycle.to_json()),
        component=spec.component,
    )
