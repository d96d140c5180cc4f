"""Owns reading a SQLite state without SQLAlchemy, pydantic or cryptography: what every warm ``plan`` does.

It creates no database. While there is none, every snapshot is empty and events are not recorded: the chain begins with
the first command that writes.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from flowyml_infra.errors import StateError
from flowyml_infra.state import schema
from flowyml_infra.state.integrity import read_fingerprint, read_record, read_records
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.sqlite import SqliteDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.audit.event import AuditEvent
    from flowyml_infra.resolution.registered import RegisteredStack
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.state.drift import Acknowledgement, Look
    from flowyml_infra.state.encryption.master_key import KeySource
    from flowyml_infra.state.encryption.sealer import KeySealer
    from flowyml_infra.state.snapshot import Snapshot
    from flowyml_infra.state.store import LeaseState, OperationRecord


class SqliteReader:
    """See :class:`flowyml_infra.state.store.StateReader`. Threads may share it.

    Args:
        path: The file; need not exist.
        key_source: Gives the master key, for :meth:`sealer`; by default as documented for ``FLOWYML_STATE_KEY``.
    """

    def __init__(self, path: Path, *, key_source: KeySource | None = None) -> None:
        self._path = path
        self._key_source = key_source
        self._database: SqliteDatabase | None = None
        self._sealer: KeySealer | None = None
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where the state is."""
        return f"sqlite:///{self._path}"

    def outdated(self) -> bool:
        """Whether the file holds the schema of an older release, which only a store can upgrade.

        Raises:
            StateError: The file belongs to a newer release or to something else, or cannot be read.
        """
        with self._lock:
            return self._open() == "older"

    def snapshot(self, key: DeploymentKey) -> Snapshot:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        from flowyml_infra.state.reading import read_snapshot
        from flowyml_infra.state.snapshot import Snapshot

        with self._reading() as execute:
            return (
                Snapshot(key) if execute is None else read_snapshot(execute, key, partial(self._found_sealer, execute))
            )

    def fingerprint(self, key: DeploymentKey) -> str | None:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        with self._reading() as execute:
            return None if execute is None else read_fingerprint(execute, key)

    def deployments(self) -> Sequence[DeploymentKey]:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        with self._reading() as execute:
            records = [] if execute is None else read_records(execute)
            return [DeploymentKey(record.stack, record.environment) for record in records]

    def history(self, key: DeploymentKey, *, limit: int | None = 50, changes: bool = True) -> Sequence[OperationRecord]:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        from flowyml_infra.state.history import read_history

        with self._reading() as execute:
            record = None if execute is None else read_record(execute, key)
            return [] if execute is None or record is None else read_history(execute, record.id, limit, changes=changes)

    def definition(self, key: DeploymentKey, digest: str) -> Compiled | None:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        from flowyml_infra.state.definitions import read_definition

        with self._reading() as execute:
            record = None if execute is None else read_record(execute, key)
            if execute is None or record is None:
                return None
            return read_definition(execute, record, digest, partial(self._found_sealer, execute))

    def check_definitions(self, key: DeploymentKey) -> Sequence[str]:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        from flowyml_infra.state.definitions import check_definitions

        with self._reading() as execute:
            record = None if execute is None else read_record(execute, key)
            return [] if execute is None or record is None else check_definitions(execute, record.id)

    def list_leases(self) -> Sequence[LeaseState]:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        from flowyml_infra.state.leases import read_leases

        with self._reading() as execute:
            return [] if execute is None else read_leases(execute, SqliteDatabase.now)

    def last_look(self, key: DeploymentKey) -> Look | None:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        from flowyml_infra.state.looks import read_look

        with self._reading() as execute:
            record = None if execute is None else read_record(execute, key)
            return None if execute is None or record is None else read_look(execute, record.id)

    def acknowledgements(self, key: DeploymentKey) -> Sequence[Acknowledgement]:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        from flowyml_infra.state.acknowledgements import read_acknowledgements

        with self._reading() as execute:
            record = None if execute is None else read_record(execute, key)
            return [] if execute is None or record is None else read_acknowledgements(execute, record.id)

    def registered_stack(self, name: str) -> RegisteredStack | None:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        from flowyml_infra.state.registry import find_stack

        with self._reading() as execute:
            return None if execute is None else find_stack(execute, name)

    def registered_stacks(self) -> Sequence[RegisteredStack]:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        from flowyml_infra.state.registry import read_stacks

        with self._reading() as execute:
            return [] if execute is None else read_stacks(execute)

    def sealer(self) -> KeySealer | None:
        """The state's encryption, or None when nothing was ever sealed in it. Loads ``cryptography``.

        Raises:
            StateError: There is no master key, or it is not the one that the state was made with.
        """
        if self._sealer is None:
            with self._reading() as execute:
                return None if execute is None else self._found_sealer(execute)
        return self._sealer

    def _found_sealer(self, execute: Execute) -> KeySealer | None:
        """Found once: deriving the key from a passphrase takes a good part of a second, on purpose."""
        from flowyml_infra.state.encryption.keyring import find_sealer
        from flowyml_infra.state.encryption.master_key import environment_key

        if self._sealer is None:
            self._sealer = find_sealer(execute, self._key_source or environment_key())
        return self._sealer

    def append_events(self, events: Sequence[AuditEvent]) -> bool:
        """See :class:`flowyml_infra.state.store.StateReader`."""
        from flowyml_infra.audit.store import AuditStore

        return AuditStore(f"sqlite:///{self._path.absolute()}").append(events)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._database is not None:
                self._database.close()
            self._database = None

    @contextmanager
    def _reading(self) -> Iterator[Execute | None]:
        database = self._opened()
        if database is None:
            yield None
            return
        with database.reading() as execute:
            yield execute

    def _opened(self) -> SqliteDatabase | None:
        with self._lock:
            if self._open() == "older":
                raise StateError(
                    f"{self._path} has the schema of an older flowyml-infra",
                    code="state.older",
                    hint="open it with open_store, which upgrades it and keeps a copy",
                )
            return self._database

    def _open(self) -> schema.Condition:
        """Open the file if it can be read, and tell what is in it; empty, too, while its tables are being made."""
        if self._database is not None:
            return "current"
        if not self._path.exists():
            return "empty"
        database = SqliteDatabase(self._path, create=False)
        try:
            tables = database.tables()
            with database.reading() as execute:
                condition = schema.condition(execute, tables, database.url)
            if condition == "current":
                self._database = database
            return condition
        finally:
            if self._database is not database:
                database.close()
