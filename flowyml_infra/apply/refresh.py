"""Owns the look at the world for ``--refresh``: what was recorded as made, read back concurrently, changing nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.plan.diff import same
from flowyml_infra.plan.refreshed import Refreshed
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.state.row import Status

if TYPE_CHECKING:
    from flowyml_infra.apply.bench import Bench
    from flowyml_infra.apply.engine import Reading
    from flowyml_infra.resources.values import Value
    from flowyml_infra.state.row import ResourceRow
    from flowyml_infra.state.snapshot import Snapshot


def refresh(snapshot: Snapshot, bench: Bench, *, parallelism: int = 10) -> Refreshed:
    """Read every created resource of ``snapshot`` and say what differs.

    Raises:
        EngineError: Something could not be read; nothing is known about it then.
    """
    rows = [row for row in snapshot.rows.values() if row.status == Status.CREATED]
    subjects = [bench.subject(row) for row in rows]
    with ThreadPoolExecutor(parallelism, thread_name_prefix="refresh") as pool:
        readings = list(
            pool.map(lambda pair: bench.engine(pair[0]).read(pair[1], bench.context), zip(rows, subjects, strict=True))
        )
    gone: list[ResourceRow] = []
    changed: list[ResourceRow] = []
    for row, reading in zip(rows, readings, strict=True):
        if reading is None:
            gone.append(row)
            continue
        seen = _as_read(row, reading, bench)
        if seen is not None:
            changed.append(seen)
    return Refreshed(tuple(gone), tuple(changed))


def _as_read(row: ResourceRow, reading: Reading, bench: Bench) -> ResourceRow | None:
    """``row`` with the inputs the world has now, or None when they are those recorded."""
    stored = {item.name for item in find_kind(row.address).properties if item.stored}
    recorded = row.properties
    drift: dict[str, Value] = {
        name: value
        for name, value in reading.properties.items()
        if name in stored and not same(recorded.get(name), value, bench.digest)
    }
    if not drift:
        return None
    # Without a digest no plan takes it for unchanged, so the difference shows.
    return replace(row, properties_json=bench.seal(row.creation_id, {**recorded, **drift}), spec_digest="")
