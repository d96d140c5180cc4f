"""Owns the record of runs in a SQLite file, through the standard library's driver.

Several processes may record into one file. A commit survives the end of the process, not always a loss of power.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from flowyml_infra.audit.chain import utc_now
from flowyml_infra.errors import StateError
from flowyml_infra.runtime.metadata import reading, writing
from flowyml_infra.runtime.metadata.schema import VERSION, check_version, upgrade, version_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike

    from flowyml_infra.runtime.metadata.records import (
        CacheEntry,
        Lineage,
        Metric,
        RunDetails,
        RunRecord,
        RunStatus,
        StepRecord,
    )

_BUSY_SECONDS: Final = 30.0
_MOST_PENDING: Final = 500
"""Records of cached steps are written together, at the latest when there are this many."""


class SQLiteMetadataStore:
    """Runs in the SQLite file at ``path``.

    The file is made, or its tables upgraded, when the first run begins; reading makes nothing.

    Args:
        path: The file, or its ``sqlite:///`` URL.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        text = str(path)
        scheme, separator, rest = text.partition("://")
        if separator and scheme.lower() not in ("sqlite", "sqlite+pysqlite"):
            raise StateError(f"{text} is not a SQLite URL", code="metadata.url", hint="use sqlite:///path/to/file.db")
        self.path = Path(rest[1:].partition("?")[0] if separator else text).absolute()
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._ledger = writing.Ledger()
        self._pending: list[tuple[str, StepRecord]] = []

    def __repr__(self) -> str:
        return f"SQLiteMetadataStore({str(self.path)!r})"

    @property
    def uri(self) -> str:
        """The file as SQLAlchemy takes it."""
        return f"sqlite:///{self.path}"

    def begin(self, run: RunRecord) -> None:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataStore`."""
        with self._lock:
            self._create()
            with self._writing() as connection:
                writing.insert_run(connection, self._ledger, run)

    def beat(self, run_id: str) -> bool:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataStore`."""
        with self._writing() as connection:
            sql = "UPDATE runs SET heartbeat = ? WHERE id = ? AND status = 'running'"
            return connection.execute(sql, (time.time(), run_id)).rowcount == 1

    def start_step(self, run_id: str, step: StepRecord) -> None:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataStore`."""
        with self._writing() as connection:
            writing.insert_step(connection, self._ledger, run_id, step)

    def finish_step(self, run_id: str, step: StepRecord, metrics: Sequence[Metric] = ()) -> None:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataStore`."""
        with self._lock:
            if step.cached and len(self._pending) < _MOST_PENDING:
                self._pending.append((run_id, step))
                return
            with self._writing() as connection:
                writing.write_step(connection, self._ledger, run_id, step)
                writing.insert_metrics(connection, self._ledger, run_id, metrics)

    def log_metrics(self, run_id: str, metrics: Sequence[Metric]) -> None:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataStore`."""
        with self._writing() as connection:
            writing.insert_metrics(connection, self._ledger, run_id, metrics)

    def finish(self, run_id: str, status: RunStatus, error: str | None = None) -> None:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataStore`."""
        with self._writing() as connection:
            writing.end_run(connection, self._ledger.run(connection, run_id), (status, utc_now(), error))

    def cached(self, key: str) -> CacheEntry | None:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataStore`."""
        with self._reading() as connection:
            return reading.find_cached(connection, self._ledger, key) if connection else None

    def runs(self, *, pipeline: str | None = None, limit: int = 50) -> Sequence[RunRecord]:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataReader`."""
        with self._reading() as connection:
            return reading.read_runs(connection, pipeline, limit) if connection else []

    def run(self, run_id: str) -> RunDetails:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataReader`."""
        with self._reading() as connection:
            if connection is None:
                raise reading.unknown_run(run_id, [])
            return reading.read_run(connection, run_id)

    def lineage(self, digest: str) -> Lineage:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataReader`."""
        with self._reading() as connection:
            return reading.read_lineage(connection, digest)

    def close(self) -> None:
        """Write what is pending and close the file."""
        with self._lock:
            if self._connection is None:
                return
            if self._pending:
                with self._writing():
                    pass
            self._connection.close()
            self._connection = None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, in which everything pending is written first."""
        with self._lock, self._translating():
            connection = self._opened("rw")
            if connection is None:
                raise StateError(f"{self.path} is gone", code="metadata.gone", hint="run the pipeline again")
            try:
                connection.execute("BEGIN IMMEDIATE")
                pending = self._pending
                for run_id, step in pending:
                    writing.write_step(connection, self._ledger, run_id, step)
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._ledger.forget()
                raise
            self._pending = []

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        with self._lock, self._translating():
            yield self._opened("ro")

    def _create(self) -> None:
        """Make the file and its tables, where there are none of this version."""
        with self._translating():
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise self._refused(error) from error
            if self._connection is not None:
                self._connection.close()
            self._connection = connection = self._connect("rwc")
            if version_of(connection) == VERSION:
                return
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                # A database that the stack manages keeps the journal that its definition asks for.
                connection.execute("PRAGMA journal_mode = WAL")
            upgrade(connection)

    def _opened(self, mode: str) -> sqlite3.Connection | None:
        if self._connection is None and self.path.exists():
            connection = self._connect(mode)
            version = version_of(connection)
            check_version(version)
            if version == VERSION:
                self._connection = connection
            else:
                connection.close()
        return self._connection

    def _connect(self, mode: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=_BUSY_SECONDS,
            check_same_thread=False,
        )
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> StateError:
        return StateError(
            f"the metadata store {self.path} cannot be used: {error}",
            code="metadata.unusable",
            hint="check that the path is right, writable, and a database of this library",
        )
