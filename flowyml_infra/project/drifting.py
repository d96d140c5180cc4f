"""Owns looking for the drift of a project's deployment, and keeping what was found."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from flowyml_infra.audit.actor import current_actor
from flowyml_infra.audit.chain import utc_now
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.errors import StateError
from flowyml_infra.project.known_drift import covering
from flowyml_infra.state.drift import Finding, Look

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.apply.reading import ReadOptions
    from flowyml_infra.plan.drift import Drifted, Sighting
    from flowyml_infra.project.facade import Project
    from flowyml_infra.state.drift import Acknowledgement
    from flowyml_infra.state.key import DeploymentKey
    from flowyml_infra.state.row import ResourceRow
    from flowyml_infra.state.snapshot import Snapshot
    from flowyml_infra.state.sql_store import SqlStore


@dataclass(frozen=True, slots=True)
class Drift:
    """What a look at the world found about one deployment.

    Attributes:
        snapshot: What was recorded when it was looked at.
        sighting: What differs, and what could not be read.
        at: When, in UTC, ISO 8601.
        acknowledged: What somebody lets be, by address.
    """

    snapshot: Snapshot
    sighting: Sighting
    at: str
    acknowledged: Mapping[Address, Acknowledgement] = field(default_factory=dict)

    @property
    def key(self) -> DeploymentKey:
        """The deployment."""
        return self.snapshot.key

    @property
    def unreviewed(self) -> tuple[Drifted, ...]:
        """The drift that nobody acknowledged."""
        return tuple(item for item in self.sighting.drifted if item.counts and item.address not in self.acknowledged)

    def without_acknowledged(self) -> Drift:
        """This without the drift that somebody lets be."""
        drifted = tuple(item for item in self.sighting.drifted if item.address not in self.acknowledged)
        return replace(self, sighting=replace(self.sighting, drifted=drifted))


def look_at_world(
    project: Project, stack: str | None, env: str | None, targets: Sequence[Address], options: ReadOptions
) -> Drift:
    """See ``Project.look``."""
    from flowyml_infra.apply.refresh import look
    from flowyml_infra.plan.selection import check_known
    from flowyml_infra.project.engines import reading_bench
    from flowyml_infra.project.surroundings import Outside

    snapshot = project.reader().snapshot(project.key(stack, env))
    check_known(tuple(targets), set(snapshot.rows), "--target")
    rows = [row for row in snapshot.rows.values() if not targets or row.address in targets]
    outside = Outside(snapshot.key.environment, project.reader(), project.sealer)
    at = utc_now()
    bench = reading_bench(project, snapshot, outside)
    try:
        sighting = look(rows, bench, options)
    finally:
        bench.close()
    found = [_finding(item, snapshot, at) for item in sighting.drifted if item.counts]
    known = covering(project, snapshot.key, found)
    drift = Drift(snapshot, sighting, at, known)
    if snapshot.exists:
        _keep(project, drift, found, rows if targets else None)
    return drift


def _finding(item: Drifted, snapshot: Snapshot, at: str) -> Finding:
    fields = tuple(change.path for change in item.fields)
    return Finding(item.address, item.condition, item.digest, at, snapshot.serial, fields)


def _keep(project: Project, drift: Drift, found: list[Finding], seen: list[ResourceRow] | None) -> None:
    """Keep what was found, where that is possible: who may only read the state can look all the same.

    What an apply left open is on record as such already, and the next apply is there to finish it.
    """
    serial = drift.snapshot.serial
    unread = [
        Finding(item.address, "unknown", "", drift.at, serial, reason=item.error.message)
        for item in drift.sighting.unread
        if not item.open
    ]
    findings = tuple(sorted((*found, *unread), key=lambda item: item.address))
    look = Look(None if seen is not None else drift.at, current_actor(), drift.sighting.looked, findings)
    facts: dict[str, object] = {
        "looked": drift.sighting.looked,
        "drifted": [str(item.address) for item in found],
        "acknowledged": [str(address) for address in sorted(drift.acknowledged)],
        "unknown": [str(item.address) for item in unread],
    }
    event = AuditEvent("DriftChecked", drift.key.stack, drift.key.environment, facts)
    addresses = None if seen is None else {row.address for row in seen}
    try:
        with _writer(project) as store:
            store.record_look(drift.key, look, addresses, event)
    except StateError as error:
        if error.code != "state.readonly":
            raise


@contextmanager
def _writer(project: Project) -> Iterator[SqlStore]:
    """The state for writing; without flowyml.yaml, which takes longer to read than a look, and does not matter here."""
    from flowyml_infra.state import open_store
    from flowyml_infra.state.sql_store import SqlStore

    reader = project.reader()
    if isinstance(reader, SqlStore):
        yield reader
        return
    with closing(open_store(project.state_url, project_root=project.root)) as store:
        yield store
