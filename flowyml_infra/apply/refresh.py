"""Owns the look at the world: what was recorded as made, read back and compared field by field, changing nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from flowyml_infra.apply.reading import DEFAULT, read_all
from flowyml_infra.errors import EngineError, InfraError
from flowyml_infra.plan.diff import diff, is_ignored
from flowyml_infra.plan.drift import Drifted, Sighting, Unread, drift_digest
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.resources.values import Sealed, Secret, Unknown, leaves
from flowyml_infra.state.row import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowyml_infra.apply.bench import Bench
    from flowyml_infra.apply.engine import Reading
    from flowyml_infra.apply.reading import ReadOptions
    from flowyml_infra.plan.changes import FieldChange
    from flowyml_infra.plan.refreshed import Refreshed
    from flowyml_infra.resources.values import Value
    from flowyml_infra.state.row import ResourceRow
    from flowyml_infra.state.snapshot import Snapshot


def refresh(snapshot: Snapshot, bench: Bench) -> Refreshed:
    """Read every created resource of ``snapshot`` and say what differs.

    Raises:
        EngineError: Something could not be read; nothing is known about it then.
    """
    sighting = look([row for row in snapshot.rows.values() if row.status == Status.CREATED], bench)
    if sighting.unread:
        raise sighting.unread[0].error
    return sighting.refreshed


def look(rows: Sequence[ResourceRow], bench: Bench, options: ReadOptions = DEFAULT) -> Sighting:
    """Read what ``rows`` record and say what differs. What cannot be read does not keep the rest from being read."""
    made = [row for row in rows if row.status == Status.CREATED]
    found = read_all([_call(row, bench) for row in made], options)
    drifted: list[Drifted] = []
    unread = [Unread(row.address, _interrupted(row), open=True) for row in rows if row.status != Status.CREATED]
    for row, reading in zip(made, found, strict=True):
        if isinstance(reading, InfraError):
            unread.append(Unread(row.address, reading))
            continue
        item = _compared(row, reading, bench)
        if item is not None:
            drifted.append(item)
    return Sighting(
        len(rows),
        tuple(sorted(drifted, key=lambda item: item.address)),
        tuple(sorted(unread, key=lambda item: item.address)),
    )


def _call(row: ResourceRow, bench: Bench) -> Callable[[], Reading | None]:
    return partial(bench.engine(row).read, bench.subject(row), bench.context)


def _compared(row: ResourceRow, reading: Reading | None, bench: Bench) -> Drifted | None:
    """What differs, or None when everything is as recorded."""
    if reading is None:
        return Drifted(row, None, digest=drift_digest(row, (), bench.digest))
    kind, recorded = find_kind(row.address), row.properties
    stored = {item.name for item in kind.properties if item.stored}
    read = kind.conceal({name: value for name, value in reading.properties.items() if name in stored})
    world = {**recorded, **{name: _hidden(recorded.get(name), value) for name, value in read.items()}}
    differing = [item for item in diff(recorded, world, kind, bench.digest) if not _both_unknown(item)]
    if not differing:
        return None
    ignored = row.lifecycle.ignore_changes
    fields = tuple(item for item in differing if not is_ignored(item.path, ignored))
    left = tuple(item for item in differing if is_ignored(item.path, ignored))
    # Without a digest no plan takes it for unchanged, so the difference shows.
    seen = replace(row, properties_json=bench.seal(row.creation_id, world), spec_digest="")
    return Drifted(row, seen, fields, left, drift_digest(row, fields, bench.digest) if fields else "")


def _both_unknown(item: FieldChange) -> bool:
    """Whether it could not be read back this time either, as it was recorded after an earlier look."""
    return isinstance(item.before, Unknown) and isinstance(item.after, Unknown)


def _hidden(recorded: Value, seen: Value) -> Value:
    """``seen`` with a secret wherever one is recorded: what took its place may be one just as well."""
    if isinstance(recorded, dict) and isinstance(seen, dict):
        return {key: _hidden(recorded.get(key), value) for key, value in seen.items()}
    if isinstance(seen, (str, int, float)) and any(isinstance(leaf, Sealed) for _, leaf in leaves(recorded)):
        return Secret(seen)
    return seen


def _interrupted(row: ResourceRow) -> EngineError:
    verb = {Status.CREATING: "creation", Status.UPDATING: "update", Status.DELETING: "deletion"}[row.status]
    return EngineError(
        f"its {verb} was interrupted, so nobody knows what it should be",
        code="engine.interrupted",
        address=row.address,
        hint="the next apply looks it up and finishes it",
    )
