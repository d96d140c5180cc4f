"""Owns what a look at the world found to differ from the state, and the snapshot seen through it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowyml_infra.state.row import ResourceRow
    from flowyml_infra.state.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What reading the world found to differ from the recorded state.

    Attributes:
        gone: Rows of things that are not there any more.
        changed: Rows as they would be recorded after the reading.
    """

    gone: tuple[ResourceRow, ...] = ()
    changed: tuple[ResourceRow, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.gone or self.changed)


def overlay_snapshot(snapshot: Snapshot, refreshed: Refreshed) -> Snapshot:
    """``snapshot`` as it would be, had ``refreshed`` been recorded."""
    if not refreshed:
        return snapshot
    rows = dict(snapshot.rows)
    rows.update({row.address: row for row in refreshed.changed})
    for row in refreshed.gone:
        rows.pop(row.address, None)
    return replace(snapshot, rows=rows)
