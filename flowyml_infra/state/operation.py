"""Owns one running operation: its writes, each one fenced transaction, and its end."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.audit.chain import append, utc_now
from flowyml_infra.errors import StalePlanError, StateConflictError, StateUnreachableError
from flowyml_infra.state import history as records
from flowyml_infra.state.definitions import write_definition
from flowyml_infra.state.encryption.rows import RowCipher
from flowyml_infra.state.gate import pass_gate
from flowyml_infra.state.integrity import read_record
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.leases import lease_names
from flowyml_infra.state.records import DeploymentRecord, outputs_digest
from flowyml_infra.state.writing import Writer, insert_record, pass_fence, store_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.audit.event import AuditEvent
    from flowyml_infra.state.database import Database
    from flowyml_infra.state.definitions import Recording
    from flowyml_infra.state.encryption.sealer import KeySealer
    from flowyml_infra.state.store import ChangeRecord, Lease, OperationStart, OperationStatus, Write

_ATTEMPTS = 3
"""How often a write is tried whose server goes away in the middle of it; between two, it may be away for a while."""

_NEXT_ID = "SELECT coalesce(max(id), 0) + 1 FROM deployments"


@dataclass(frozen=True, slots=True)
class _Commit:
    """What one transaction records; ``ending`` in the last one of an operation."""

    writes: Sequence[Write]
    history: Sequence[ChangeRecord]
    events: Sequence[AuditEvent]
    ending: OperationStatus | None
    at: str


class SqlOperation:
    """See :class:`flowyml_infra.state.store.Operation`; threads may share it."""

    def __init__(
        self,
        database: Database,
        lease: Lease,
        record: DeploymentRecord,
        start: OperationStart,
        id_: str,
        cipher: RowCipher | None,
    ) -> None:
        self.id = id_
        self._cipher = cipher
        self.serial = record.serial
        self._database = database
        self._lease = lease
        self._record = record
        self._start = start
        self._position = 0
        self._attempted: DeploymentRecord | None = None
        self._lock = threading.Lock()

    @classmethod
    def start(
        cls,
        database: Database,
        key: DeploymentKey,
        lease: Lease,
        start: OperationStart,
        event: AuditEvent,
        sealer: KeySealer | None = None,
        recording: Recording | None = None,
    ) -> SqlOperation:
        """See :meth:`flowyml_infra.state.store.StateStore.start`.

        With ``sealer``, records are encrypted whole; ``recording`` is what is to be kept of the definition.
        """
        if lease.name not in lease_names(key):
            raise StateConflictError(f"the lease {lease.name} is not one of {key}")
        id_, at = os.urandom(8).hex(), utc_now()
        with database.transaction() as execute:
            record = read_record(execute, key) or _made_record(execute, key, start, at)
            check_unchanged(key, (record.lineage, record.serial), (start.lineage, start.serial))
            pass_fence(execute, record, lease, database, step=0)
            records.begin(execute, id_, record, start, at)
            if recording is not None:
                records.note_definition(execute, id_, recording.digest)
                if recording.missing is not None:
                    write_definition(execute, record.id, recording.missing)
            if start.plan_id is not None:
                records.use_plan(execute, start.plan_id, id_, at)
            append(execute, [event])
        return cls(database, lease, record, start, id_, RowCipher(sealer, record.lineage) if sealer else None)

    def write(
        self,
        writes: Sequence[Write],
        *,
        history: Sequence[ChangeRecord] = (),
        events: Sequence[AuditEvent] = (),
    ) -> int:
        """See :meth:`flowyml_infra.state.store.Operation.write`."""
        return self._commit(_Commit(writes, history, events, None, utc_now()))

    def finish(
        self,
        status: OperationStatus,
        writes: Sequence[Write] = (),
        *,
        events: Sequence[AuditEvent] = (),
    ) -> None:
        """See :meth:`flowyml_infra.state.store.Operation.finish`.

        One that succeeded leaves the digests of its plan and, unless it destroyed, its definition with the deployment.
        """
        self._commit(_Commit(writes, (), events, status, utc_now()))

    def _commit(self, commit: _Commit) -> int:
        with self._lock:
            record = self._committed(commit)
            # Only what is committed counts: a failed commit leaves this process at the serial it had.
            self._record, self.serial, self._attempted = record, record.serial, None
            self._position += len(commit.history)
            return self.serial

    def _committed(self, commit: _Commit) -> DeploymentRecord:
        """The record after the commit. A server that went away under it is asked whether it happened, once it is back.

        Raises:
            StateUnreachableError: It does not stay.
        """
        tried: DeploymentRecord | None = None
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self._database.transaction() as execute:
                    known = self._known(execute)
                    if known == tried:
                        return known
                    tried = self._attempted = self._write(execute, known, commit)
            except StateUnreachableError:
                if attempt == _ATTEMPTS:
                    raise
            else:
                return tried
        raise AssertionError("the last attempt returns or raises")

    def _write(self, execute: Execute, known: DeploymentRecord, commit: _Commit) -> DeploymentRecord:
        record = pass_fence(execute, known, self._lease, self._database, step=1 if commit.writes else 0)
        writer = Writer(execute, record, commit.at, self._cipher)
        for write in commit.writes:
            writer.apply(write)
        for position, change in enumerate(commit.history, self._position):
            records.record_change(execute, self.id, change, position, commit.at)
        record = writer.record._replace(updated_at=commit.at)
        if commit.ending is not None:
            record = self._end(execute, record, commit.ending)
        store_record(execute, record)
        append(execute, commit.events)
        return record

    def _known(self, execute: Execute) -> DeploymentRecord:
        """The record as last committed: Ctrl-C may have come after a commit and before it was noted here."""
        attempted = self._attempted
        if attempted is None:
            return self._record
        key = DeploymentKey(attempted.stack, attempted.environment)
        return attempted if read_record(execute, key) == attempted else self._record

    def _end(self, execute: Execute, record: DeploymentRecord, status: OperationStatus) -> DeploymentRecord:
        records.end(execute, self.id, status, record.serial, record.updated_at)
        if status != "succeeded":
            return record
        definition = self._start.definition_digest or record.definition_digest
        return record._replace(
            definition_digest=None if self._start.kind == "destroy" else definition,
            plan_digest=self._start.plan_digest or record.plan_digest,
        )


def _made_record(execute: Execute, key: DeploymentKey, start: OperationStart, at: str) -> DeploymentRecord:
    pass_gate(execute)
    there = read_record(execute, key)
    if there is not None:
        return there
    record = DeploymentRecord(
        id=execute(_NEXT_ID, {}).fetchone()[0],
        stack=key.stack,
        environment=key.environment,
        lineage=start.lineage,
        outputs_digest=outputs_digest({}),
        created_at=at,
        updated_at=at,
    )
    insert_record(execute, record)
    return record


def check_unchanged(key: DeploymentKey, now: tuple[str, int], planned: tuple[str, int]) -> None:
    """Refuse to go on where lineage and serial are not ``now`` what they were when it was ``planned``.

    Raises:
        StalePlanError: They are not.
    """
    hint = "make a new plan with `flowyml-infra plan`"
    if now[0] != planned[0]:
        raise StalePlanError(
            f"{key} is not the deployment that was planned for: its lineage is {now[0]}, not {planned[0]}",
            code="plan.lineage",
            hint=hint,
        )
    if now[1] != planned[1]:
        raise StalePlanError(
            f"{key} changed since it was planned for: it is at serial {now[1]}, not {planned[1]}",
            code="plan.serial",
            hint=hint,
        )
