"""Owns what a step's own code can ask and say while it runs: which run it is in, and what it measured."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from flowyml_infra.audit.chain import utc_now
from flowyml_infra.errors import UsageError
from flowyml_infra.runtime.metadata.records import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flowyml_infra.runtime.binding import BoundStack

_FLUSH_SECONDS: Final = 1.0
_MOST_HELD: Final = 1_000


@dataclass(eq=False)
class CurrentStep:
    """The step that is being carried out.

    Attributes:
        run_id: The run's id.
        name: The step's name.
        stack: The stack that it is on, with its outputs.
        write: Records metrics of this step.
        attempt: Which attempt this is, from 1.
        metrics: The last value of each metric so far.
    """

    run_id: str
    name: str
    stack: BoundStack
    write: Callable[[Sequence[Metric]], None]
    attempt: int = 1
    metrics: dict[str, float] = field(default_factory=dict)
    _held: list[Metric] = field(default_factory=list)
    _flushed: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def log(self, name: str, value: float) -> None:
        """Hold a metric, and write those held when there are many or the first has waited."""
        with self._lock:
            self.metrics[name] = value
            self._held.append(Metric(self.name, name, value, self.attempt, utc_now()))
            if len(self._held) < _MOST_HELD and time.monotonic() - self._flushed < _FLUSH_SECONDS:
                return
        self.write(self.take())

    def take(self) -> list[Metric]:
        """The metrics that were not written yet; they count as written."""
        with self._lock:
            held, self._held, self._flushed = self._held, [], time.monotonic()
        return held


_current: ContextVar[CurrentStep | None] = ContextVar("flowyml_step", default=None)


def current_step() -> CurrentStep | None:
    """The step that the calling code is in; None outside a run. Threads that a step starts itself are outside."""
    return _current.get()


@contextmanager
def inside(step: CurrentStep) -> Iterator[None]:
    """Make ``step`` the current one in this thread for a while."""
    token = _current.set(step)
    try:
        yield
    finally:
        _current.reset(token)


def log_metric(name: str, value: float) -> None:
    """Record that ``name`` has ``value`` now, for the step that the calling code is in; does nothing outside a run.

    Raises:
        UsageError: There is no name, or the value is no number.
    """
    if not name:
        raise UsageError("a metric needs a name", code="pipeline.metric")
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"the metric {name!r} is a {type(value).__name__}, not a number", code="pipeline.metric"
        ) from error
    step = _current.get()
    if step is not None:
        step.log(name, number)
