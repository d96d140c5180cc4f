"""Owns the protocol of a metadata store: where runs are recorded, and where cached results are found again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.runtime.metadata.records import (
        CacheEntry,
        Lineage,
        Metric,
        RunDetails,
        RunRecord,
        RunStatus,
        StepRecord,
    )


class MetadataReader(Protocol):
    """Reading what was recorded. A run whose process is gone without having said so reads as ``interrupted``."""

    @property
    def uri(self) -> str:
        """Where it is, without credentials."""

    def runs(self, *, pipeline: str | None = None, limit: int = 50) -> Sequence[RunRecord]:
        """The latest runs, newest first."""

    def run(self, run_id: str) -> RunDetails:
        """One run with its steps and metrics; ``run_id`` may be shortened as long as it means one run.

        Raises:
            StateError: There is none, or more than one.
        """

    def lineage(self, digest: str) -> Lineage:
        """Which steps made and used the content of this SHA-256."""

    def close(self) -> None:
        """Release connections and files."""


class MetadataStore(MetadataReader, Protocol):
    """Recording runs; its methods may be called from several threads at once. All of them raise ``StateError``."""

    def begin(self, run: RunRecord) -> None:
        """Record a run that begins.

        Raises:
            StateError: There is a run of this id.
        """

    def beat(self, run_id: str) -> bool:
        """Record that a run goes on; False once it has ended."""

    def start_step(self, run_id: str, step: StepRecord) -> None:
        """Record a step that begins."""

    def finish_step(self, run_id: str, step: StepRecord, metrics: Sequence[Metric] = ()) -> None:
        """Record how a step ended, whether or not its beginning was recorded, with metrics not logged yet.

        The record of a cached step may be written later, at the latest with the end of the run.
        """

    def log_metrics(self, run_id: str, metrics: Sequence[Metric]) -> None:
        """Record metrics of a step that goes on."""

    def finish(self, run_id: str, status: RunStatus, error: str | None = None) -> None:
        """Record how a run ended; steps that are still running are recorded as interrupted."""

    def cached(self, key: str) -> CacheEntry | None:
        """The latest step with this key that succeeded, or None."""
