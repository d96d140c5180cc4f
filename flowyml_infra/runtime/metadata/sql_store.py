"""Owns the record of runs over a SQL database: what is written at once, and what is written together later."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from flowyml_infra.audit.chain import utc_now
from flowyml_infra.runtime.metadata import reading, writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.runtime.metadata.database import RunDatabase
    from flowyml_infra.runtime.metadata.records import (
        CacheEntry,
        Lineage,
        Metric,
        RunDetails,
        RunRecord,
        RunStatus,
        StepRecord,
    )

_MOST_PENDING: Final = 500
"""Records of cached steps are written together, at the latest when there are this many."""


class SqlMetadataStore:
    """Runs in ``database``; see :class:`flowyml_infra.runtime.metadata.store.MetadataStore`.

    The tables are made, or upgraded, when the first run begins; reading makes nothing.
    """

    def __init__(self, database: RunDatabase) -> None:
        self._database = database
        self._lock = threading.RLock()
        self._ledger = writing.Ledger()
        self._pending: list[tuple[str, StepRecord]] = []

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.uri!r})"

    @property
    def uri(self) -> str:
        """Where it is, without credentials."""
        return self._database.uri

    def begin(self, run: RunRecord) -> None:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataStore`."""
        with self._lock:
            self._database.prepare()
            with self._writing() as execute:
                writing.insert_run(execute, self._database.now, self._ledger, run)

    def beat(self, run_id: str) -> bool:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataStore`."""
        with self._writing() as execute:
            return writing.beat(execute, self._database.now, run_id)

    def start_step(self, run_id: str, step: StepRecord) -> None:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataStore`."""
        with self._writing() as execute:
            writing.insert_step(execute, self._ledger, run_id, step)

    def finish_step(self, run_id: str, step: StepRecord, metrics: Sequence[Metric] = ()) -> None:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataStore`."""
        with self._lock:
            if step.cached and len(self._pending) < _MOST_PENDING:
                self._pending.append((run_id, step))
                return
            with self._writing() as execute:
                writing.write_step(execute, self._ledger, run_id, step)
                writing.insert_metrics(execute, self._ledger, run_id, metrics)

    def log_metrics(self, run_id: str, metrics: Sequence[Metric]) -> None:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataStore`."""
        with self._writing() as execute:
            writing.insert_metrics(execute, self._ledger, run_id, metrics)

    def finish(self, run_id: str, status: RunStatus, error: str | None = None) -> None:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataStore`."""
        with self._writing() as execute:
            writing.end_run(execute, self._ledger.run(execute, run_id), (status, utc_now(), error))

    def cached(self, key: str) -> CacheEntry | None:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataStore`."""
        with self._reading() as execute:
            return reading.find_cached(execute, self._ledger, key) if execute else None

    def runs(self, *, pipeline: str | None = None, limit: int = 50) -> Sequence[RunRecord]:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataReader`."""
        with self._reading() as execute:
            return reading.read_runs(execute, self._database.now, pipeline, limit) if execute else []

    def run(self, run_id: str) -> RunDetails:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataReader`."""
        with self._reading() as execute:
            if execute is None:
                raise reading.unknown_run(run_id, [])
            return reading.read_run(execute, self._database.now, run_id)

    def lineage(self, digest: str) -> Lineage:
        """See :class:`flowyml_infra.runtime.metadata.store.MetadataReader`."""
        with self._reading() as execute:
            return reading.read_lineage(execute, digest)

    def close(self) -> None:
        """Write what is pending and close the database."""
        with self._lock:
            try:
                if self._pending:
                    with self._writing():
                        pass
            finally:
                self._database.close()

    @contextmanager
    def _writing(self) -> Iterator[Execute]:
        """A transaction, in which everything pending is written first."""
        with self._lock:
            try:
                with self._database.writing() as execute:
                    pending = self._pending
                    for run_id, step in pending:
                        writing.write_step(execute, self._ledger, run_id, step)
                    yield execute
            except BaseException:
                self._ledger.forget()
                raise
            self._pending = []

    @contextmanager
    def _reading(self) -> Iterator[Execute | None]:
        with self._lock, self._database.reading() as execute:
            yield execute
