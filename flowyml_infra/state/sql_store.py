"""Owns the state store over a SQL database: it puts leases, operations, encryption and registry behind one object."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from flowyml_infra.audit.chain import append
from flowyml_infra.errors import CorruptStateError, StateError
from flowyml_infra.state import schema
from flowyml_infra.state.encryption.master_key import environment_key
from flowyml_infra.state.history import read_history
from flowyml_infra.state.integrity import read_fingerprint, read_record, read_records
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.leases import LEASE_SECONDS, Leases, deployment_lease, read_leases, stack_lease
from flowyml_infra.state.operation import SqlOperation
from flowyml_infra.state.reading import read_snapshot
from flowyml_infra.state.registry import delete_stack, find_stack, read_stacks, write_stack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

    from flowyml_infra.address import Address
    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.audit.event import AuditEvent
    from flowyml_infra.resolution.registered import RegisteredStack
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.state.database import Database
    from flowyml_infra.state.definitions import Recording, StoredDefinition
    from flowyml_infra.state.drift import Acknowledgement, Look
    from flowyml_infra.state.encryption.master_key import KeySource, WrappingKey
    from flowyml_infra.state.encryption.sealer import KeySealer
    from flowyml_infra.state.snapshot import Snapshot
    from flowyml_infra.state.store import Holder, Lease, LeaseState, OperationRecord, OperationStart


_ENCRYPTION = "SELECT value FROM meta WHERE name = 'encryption'"
_ENCRYPT_ROWS = "INSERT INTO meta (name, value) VALUES ('encryption', 'rows') ON CONFLICT (name) DO NOTHING"


class SqlStore:
    """See :class:`flowyml_infra.state.store.StateStore`. Threads may share it.

    Args:
        database: Where the state is; made or upgraded to the current schema if need be.
        key_source: Gives the master key; by default as documented for ``FLOWYML_STATE_KEY``.
        lease_seconds: How long a lease outlives its holder's last sign of life; by default ``LEASE_SECONDS``.
        encrypt_rows: Encrypt records whole from the next operation on, by whomever; there is no way back but exporting.

    Raises:
        StateError: The database belongs to a newer release or to something else, or cannot be used.
    """

    def __init__(
        self,
        database: Database,
        *,
        key_source: KeySource | None = None,
        lease_seconds: float | None = None,
        encrypt_rows: bool = False,
    ) -> None:
        self._database = database
        self._key_source = key_source or environment_key()
        self._leases = Leases(database, LEASE_SECONDS if lease_seconds is None else lease_seconds)
        self._sealer: KeySealer | None = None
        self._sealer_lock = threading.Lock()
        self._encrypt_rows = encrypt_rows
        _prepare(database)

    @property
    def url(self) -> str:
        """Where the state is, without credentials."""
        return self._database.url

    def snapshot(self, key: DeploymentKey) -> Snapshot:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        with self._database.reading() as execute:
            return read_snapshot(execute, key, self._finder(execute))

    def fingerprint(self, key: DeploymentKey) -> str | None:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        with self._database.reading() as execute:
            return read_fingerprint(execute, key)

    def deployments(self) -> Sequence[DeploymentKey]:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        with self._database.reading() as execute:
            return [DeploymentKey(record.stack, record.environment) for record in read_records(execute)]

    def history(self, key: DeploymentKey, *, limit: int | None = 50, changes: bool = True) -> Sequence[OperationRecord]:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        with self._database.reading() as execute:
            record = read_record(execute, key)
            return [] if record is None else read_history(execute, record.id, limit, changes=changes)

    def definition(self, key: DeploymentKey, digest: str) -> Compiled | None:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        from flowyml_infra.state.definitions import read_definition

        with self._database.reading() as execute:
            record = read_record(execute, key)
            return None if record is None else read_definition(execute, record, digest, self._finder(execute))

    def check_definitions(self, key: DeploymentKey) -> Sequence[str]:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        from flowyml_infra.state.definitions import check_definitions

        with self._database.reading() as execute:
            record = read_record(execute, key)
            return [] if record is None else check_definitions(execute, record.id)

    def resealed_definition(self, key: DeploymentKey, digest: str) -> StoredDefinition | None:
        """The definition of this digest as it is to be kept under the newest data key; None where it is kept so."""
        from flowyml_infra.state.definitions import resealed

        sealer, encrypts = self.sealer(), self.encrypts_rows()
        with self._database.reading() as execute:
            record = read_record(execute, key)
            return None if record is None else resealed(execute, record, digest, sealer, encrypts=encrypts)

    def last_look(self, key: DeploymentKey) -> Look | None:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        from flowyml_infra.state.looks import read_look

        with self._database.reading() as execute:
            record = read_record(execute, key)
            return None if record is None else read_look(execute, record.id)

    def record_look(self, key: DeploymentKey, look: Look, seen: AbstractSet[Address] | None, event: AuditEvent) -> None:
        """See :class:`flowyml_infra.state.store.StateStore`."""
        from flowyml_infra.state.looks import write_look

        with self._database.transaction() as execute:
            record = read_record(execute, key)
            if record is not None:
                write_look(execute, record.id, look, seen)
                append(execute, [event])

    def acknowledgements(self, key: DeploymentKey) -> Sequence[Acknowledgement]:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        from flowyml_infra.state.acknowledgements import read_acknowledgements

        with self._database.reading() as execute:
            record = read_record(execute, key)
            return [] if record is None else read_acknowledgements(execute, record.id)

    def acknowledge(self, key: DeploymentKey, item: Acknowledgement, event: AuditEvent) -> None:
        """See :class:`flowyml_infra.state.store.StateStore`."""
        from flowyml_infra.state.acknowledgements import write_acknowledgement

        with self._database.transaction() as execute:
            record = read_record(execute, key)
            if record is None:
                raise StateError(f"nothing is recorded of {key}", code="state.no_such_deployment")
            write_acknowledgement(execute, record.id, item)
            append(execute, [event])

    def withdraw(self, key: DeploymentKey, address: Address, event: AuditEvent) -> None:
        """See :class:`flowyml_infra.state.store.StateStore`."""
        from flowyml_infra.state.acknowledgements import delete_acknowledgement

        with self._database.transaction() as execute:
            record = read_record(execute, key)
            if record is None or not delete_acknowledgement(execute, record.id, address):
                raise StateError(
                    f"no drift is acknowledged at {address} in {key}",
                    code="state.not_acknowledged",
                    address=address,
                    hint="`flowyml-infra drift --acknowledged` lists what is",
                )
            append(execute, [event])

    def registered_stack(self, name: str) -> RegisteredStack | None:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        with self._database.reading() as execute:
            return find_stack(execute, name)

    def registered_stacks(self) -> Sequence[RegisteredStack]:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        with self._database.reading() as execute:
            return read_stacks(execute)

    def register_stack(self, stack: RegisteredStack, *, events: Sequence[AuditEvent] = ()) -> None:
        """See :class:`flowyml_infra.state.store.StateStore`."""
        with self._database.transaction() as execute:
            write_stack(execute, stack)
            append(execute, events)

    def unregister_stack(self, name: str, *, events: Sequence[AuditEvent] = ()) -> None:
        """See :class:`flowyml_infra.state.store.StateStore`."""
        with self._database.transaction() as execute:
            delete_stack(execute, name)
            append(execute, events)

    def sealer(self) -> KeySealer:
        """See :class:`flowyml_infra.state.store.StateStore`.

        Raises:
            StateError: There is no master key, or it is not the one that the state was made with.
        """
        with self._sealer_lock:
            if self._sealer is None:
                from flowyml_infra.state.encryption.keyring import open_sealer

                self._sealer = open_sealer(self._database, self._key_source)
            return self._sealer

    def _finder(self, execute: Execute) -> Callable[[], KeySealer | None]:
        return partial(self._found_sealer, execute)

    def _found_sealer(self, execute: Execute) -> KeySealer | None:
        with self._sealer_lock:
            if self._sealer is None:
                from flowyml_infra.state.encryption.keyring import find_sealer

                self._sealer = find_sealer(execute, self._key_source)
            return self._sealer

    def accept_key(self, new: WrappingKey, who: str) -> bool:
        """See :func:`flowyml_infra.state.encryption.rotation.accept_key`."""
        from flowyml_infra.state.encryption.rotation import accept_key

        return accept_key(self._database, self._key_source(create=False), new, who)

    def retire_keys(self, who: str) -> int:
        """See :func:`flowyml_infra.state.encryption.rotation.retire_keys`; a new data key seals from now on."""
        from flowyml_infra.state.encryption.rotation import retire_keys

        removed = retire_keys(self._database, self._key_source(create=False), who)
        with self._sealer_lock:
            self._sealer = None
        return removed

    def encrypts_rows(self) -> bool:
        """Whether records of this state are encrypted whole when they are written."""
        with self._database.reading() as execute:
            if execute(_ENCRYPTION, {}).fetchone() is not None:
                return True
        if self._encrypt_rows:
            with self._database.transaction() as execute:
                execute(_ENCRYPT_ROWS, {})
        return self._encrypt_rows

    def acquire(self, key: DeploymentKey, operation: str, *, wait_seconds: float = 0.0) -> Lease:
        """See :class:`flowyml_infra.state.store.StateStore`."""
        return self._leases.acquire(deployment_lease(key), key.stack, operation, wait_seconds=wait_seconds)

    def acquire_stack(self, stack: str, operation: str, *, wait_seconds: float = 0.0) -> Lease:
        """See :class:`flowyml_infra.state.store.StateStore`."""
        return self._leases.acquire(stack_lease(stack), stack, operation, wait_seconds=wait_seconds)

    def release(self, lease: Lease) -> None:
        """See :class:`flowyml_infra.state.store.StateStore`."""
        self._leases.release(lease)

    def alive(self, lease: Lease) -> bool:
        """See :class:`flowyml_infra.state.store.StateStore`."""
        return self._leases.alive(lease)

    def list_leases(self) -> Sequence[LeaseState]:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        with self._database.reading() as execute:
            return read_leases(execute, self._database.now)

    def break_lease(self, name: str, reason: str, who: str) -> Holder:
        """See :class:`flowyml_infra.state.store.StateStore`."""
        return self._leases.break_lease(name, reason, who)

    def start(self, key: DeploymentKey, lease: Lease, start: OperationStart, event: AuditEvent) -> SqlOperation:
        """See :class:`flowyml_infra.state.store.StateStore`."""
        sealer = self.sealer() if self.encrypts_rows() else None
        recording = self._recording(key, start, sealer)
        return SqlOperation.start(self._database, key, lease, start, event, sealer, recording)

    def _recording(self, key: DeploymentKey, start: OperationStart, sealer: KeySealer | None) -> Recording | None:
        """Made outside of the transaction: making a key takes one of its own."""
        if start.definition is None:
            return None
        from flowyml_infra.resources.clear_secrets import clear_secrets
        from flowyml_infra.state.definitions import recording_of

        if sealer is None and clear_secrets(start.definition):
            sealer = self.sealer()
        with self._database.reading() as execute:
            return recording_of(execute, read_record(execute, key), start.definition, start.lineage, sealer)

    def append_events(self, events: Sequence[AuditEvent]) -> bool:
        """See :class:`flowyml_infra.state.store.StateReader`; always true."""
        with self._database.transaction() as execute:
            append(execute, events)
        return True

    def back_up_to(self, target: SqlStore) -> int:
        """See :func:`flowyml_infra.state.copying.back_up`."""
        from flowyml_infra.state.copying import back_up

        return back_up(self._database, target._database)

    def move_to(self, target: SqlStore, who: str) -> int:
        """See :func:`flowyml_infra.state.copying.move`."""
        from flowyml_infra.state.copying import move

        return move(self._database, target._database, who)

    def close(self) -> None:
        """Give back the leases that are still held, and close the database."""
        try:
            self._leases.close()
        finally:
            self._database.close()


def _prepare(database: Database) -> None:
    match _condition(database):
        case "current":
            return
        case "empty":
            database.create_schema()
        case "older":
            database.upgrade_schema()
    if _condition(database) != "current":
        raise CorruptStateError(f"{database.url} has not the schema that its migrations make")


def _condition(database: Database) -> schema.Condition:
    tables = database.tables()
    with database.reading() as execute:
        return schema.condition(execute, tables, database.url)
