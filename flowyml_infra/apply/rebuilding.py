"""Owns the settling of two ledgers that differ: our rows, and the records that engines keep of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from flowyml_infra.apply.bench import Bench
from flowyml_infra.apply.engine import EngineContext
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.errors import StateConflictError
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.resources.values import Unknown, leaves
from flowyml_infra.state.row import ResourceRow, Status, encode_json
from flowyml_infra.state.store import ChangeRecord, OperationStart, PutRow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.apply.applying import Workplace
    from flowyml_infra.apply.engine import Accounts, Engine, Stranger, Subject
    from flowyml_infra.resources.kind import EngineName
    from flowyml_infra.resources.spec import ResourceSpec
    from flowyml_infra.resources.values import Value
    from flowyml_infra.state.snapshot import Snapshot
    from flowyml_infra.state.store import Lease

    Admit: TypeAlias = Callable[[Sequence[Stranger], Sequence[Stranger]], None]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it.

    Attributes:
        serial: The deployment's serial now.
        restored: What is on the engine's record again.
        missing: What is recorded here, and not there any more.
        adopted: What is recorded here again; the next apply completes it.
        strangers: What only the engine has on record.
    """

    serial: int
    restored: tuple[Address, ...]
    missing: tuple[Address, ...]
    adopted: tuple[Address, ...]
    strangers: tuple[Stranger, ...]


def rebuild(
    snapshot: Snapshot,
    specs: Mapping[Address, ResourceSpec],
    place: Workplace,
    *,
    forget: bool = False,
    admit: Admit = lambda _adopted, _dropped: None,
) -> Rebuilt:
    """Put back on each side what only the other side has.

    Args:
        snapshot: What is recorded.
        specs: What is declared now; what an engine knows, and our rows do not, is recorded under its declared address.
        place: What the work is done with.
        forget: Engines drop what is neither recorded nor declared from their records. The world keeps it.
        admit: Called with what would be recorded and what would be dropped; raises to refuse both.

    Raises:
        StateLockedError: Someone else works on the deployment.
        EngineError: The world cannot be looked at.
    """
    lease = place.store.acquire(snapshot.key, "state rebuild")
    try:
        place.recheck()
        snapshot = place.store.snapshot(snapshot.key)
        return _Rebuilding(snapshot, specs, place, lease).run(admit, forget=forget)
    finally:
        place.let_go(lease)


class _Rebuilding:
    def __init__(
        self, snapshot: Snapshot, specs: Mapping[Address, ResourceSpec], place: Workplace, lease: Lease
    ) -> None:
        self._snapshot = snapshot
        self._specs = specs
        self._place = place
        self._lease = lease
        lineage = snapshot.lineage or ""
        self._context = EngineContext(place.root, snapshot.key, self._alive, lineage)
        self._bench = Bench(self._context, place.engines, place.around, place.store.sealer, lineage, specs)
        self._bench.recall(snapshot.rows)

    def run(self, admit: Admit, *, forget: bool) -> Rebuilt:
        found = [self._settle(name, engine, forget=False) for name, engine in self._place.engines.items()]
        strangers = [item for accounts in found for item in accounts.strangers]
        adopted = [item for item in strangers if self._wanted(item)]
        left = [item for item in strangers if item not in adopted]
        if adopted or (forget and left):
            admit(adopted, left if forget else [])
        serial = self._record(adopted) if adopted else self._snapshot.serial
        if forget and left:
            self._snapshot = self._place.store.snapshot(self._snapshot.key)
            for name, engine in self._place.engines.items():
                self._settle(name, engine, forget=True)
        return Rebuilt(
            serial,
            tuple(address for accounts in found for address in accounts.restored),
            tuple(address for accounts in found for address in accounts.missing),
            tuple(item.address for item in adopted),
            tuple(left),
        )

    def _settle(self, name: EngineName, engine: Engine, *, forget: bool) -> Accounts:
        return engine.settle(self._subjects(name), self._context, forget=forget)

    def _subjects(self, engine: EngineName) -> list[Subject]:
        rows = [*self._snapshot.rows.values(), *self._snapshot.deposed]
        return [self._bench.subject(row) for row in rows if find_kind(row.address).engine == engine]

    def _wanted(self, stranger: Stranger) -> bool:
        return stranger.address in self._specs and stranger.address not in self._snapshot.rows

    def _record(self, adopted: list[Stranger]) -> int:
        """Record them as begun: the next apply completes what is begun, whatever there is of it."""
        store, snapshot, who = self._place.store, self._snapshot, self._place.who
        addresses = [str(item.address) for item in adopted]
        event = AuditEvent("StateRebuilt", snapshot.key.stack, snapshot.key.environment, {"adopted": addresses}, who)
        start = OperationStart("state rebuild", snapshot.lineage or "", snapshot.serial, who)
        operation = store.start(snapshot.key, self._lease, start, event)
        writes = [PutRow(self._row(item)) for item in adopted]
        operation.write(writes, history=[ChangeRecord(item.address, "import", "succeeded") for item in adopted])
        operation.finish("succeeded")
        return operation.serial

    def _row(self, stranger: Stranger) -> ResourceRow:
        spec = self._specs[stranger.address]
        foreseen = self._bench.foreseen(spec)
        known = {name: value for name, value in foreseen.items() if not _has_unknown(value)}
        return ResourceRow(
            address=spec.address,
            generation=1,
            status=Status.CREATING,
            creation_id=stranger.creation_id,
            spec_digest="",
            properties_json=self._bench.seal(stranger.creation_id, known),
            dependencies_json=encode_json([str(item) for item in spec.depends_on]),
            lifecycle_json=encode_json(spec.lifecycle.to_json()),
            component=spec.component,
            created_at=self._bench.now(),
        )

    def _alive(self) -> None:
        if not self._place.store.alive(self._lease):
            raise StateConflictError(f"the lease of {self._snapshot.key} was lost, so nothing more is done")


def _has_unknown(value: Value) -> bool:
    return any(isinstance(leaf, Unknown) for _, leaf in leaves(value))
