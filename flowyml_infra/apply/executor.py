"""Owns the running of an approved plan's steps: what may start, what is committed together, and when to stop.

One thread, the caller's, advances the transitions and writes; workers only call engines. Whatever is ready at the same
moment is committed in one transaction, so a wide graph costs few commits, and every intent is on disk before its
engine call is made.
"""

from __future__ import annotations

import queue
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flowyml_infra.apply.result import Applied, ApplyEvent, Failed
from flowyml_infra.apply.transition import Call, Record, transition
from flowyml_infra.errors import EngineError, InfraError, StateError
from flowyml_infra.plan.changes import Replace
from flowyml_infra.state.store import ChangeRecord

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.apply.bench import Bench
    from flowyml_infra.apply.engine import Made, Reading
    from flowyml_infra.apply.transition import Transition
    from flowyml_infra.plan.steps import Step
    from flowyml_infra.state.store import Operation, Write


@dataclass(slots=True)
class Running:
    """A step whose transition has begun. ``answer`` is what the transition gets when it is resumed."""

    step: Step
    transition: Transition
    started: float
    seconds: float = 0.0
    answer: Made | Reading | None = None
    failure: BaseException | None = None


@dataclass(slots=True)
class Ledger:
    """What happened so far; ``touched`` says that a step was carried out, if only half of a change."""

    applied: list[Applied] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    not_started: list[Address] = field(default_factory=list)
    interrupted: bool = False
    touched: bool = False


class Executor:
    """Carries out the steps of one plan.

    Args:
        operation: Where everything is recorded.
        bench: What the transitions work with.
        parallelism: How many engine calls may run at once.
        progress: Told of every start and end, on the caller's thread.
        stop: Once set, nothing more is started.
    """

    def __init__(
        self,
        operation: Operation,
        bench: Bench,
        *,
        parallelism: int,
        progress: Callable[[ApplyEvent], None],
        stop: threading.Event,
    ) -> None:
        self._operation = operation
        self._bench = bench
        self._parallelism = parallelism
        self._progress = _guarded(progress)
        self._stop = stop
        self._ledger = Ledger()
        self._answers: queue.SimpleQueue[Running] = queue.SimpleQueue()
        self._agenda = Agenda(())
        self._halves: dict[int, int] = {}
        self._announced: set[Address] = set()
        self._active = 0

    def run(self, steps: Sequence[Step]) -> Ledger:
        """Run ``steps``, given in an order in which each comes after those it waits for.

        Raises:
            StateError: The state could not be written; nothing more was started after that.
        """
        self._agenda = Agenda(steps)
        for step in steps:
            self._halves[id(step.change)] = self._halves.get(id(step.change), 0) + 1
        in_flight = 0
        resumed: list[Running] = []
        with ThreadPoolExecutor(self._parallelism, thread_name_prefix="engine") as pool:
            while True:
                calls = self._advance([*resumed, *self._begin()])
                for running, call in calls:
                    pool.submit(self._work, running, call)
                in_flight += len(calls)
                if not in_flight:
                    break
                resumed = self._wait()
                in_flight -= len(resumed)
        self._ledger.interrupted = self._stop.is_set() and self._agenda.unfinished
        self._ledger.not_started.extend(self._agenda.left())
        return self._ledger

    def cut_off(self) -> Ledger:
        """What happened until the state failed; what was under way then counts as not started."""
        done = {item.address for item in self._ledger.applied} | {item.address for item in self._ledger.failed}
        waiting = (address for address in self._agenda.addresses() if address not in done)
        self._ledger.not_started[:] = list(dict.fromkeys(waiting))
        return self._ledger

    def _begin(self) -> list[Running]:
        """Start what is ready, as far as there is room."""
        batch: list[Running] = []
        while self._agenda.ready and self._active < self._parallelism and not self._stop.is_set():
            step = self._agenda.take()
            self._active += 1
            if step.change.address not in self._announced:
                self._announced.add(step.change.address)
                self._progress(ApplyEvent(step.change.address, step.change.action, "started"))
            batch.append(Running(step, transition(step, self._bench), time.monotonic()))
        return batch

    def _advance(self, batch: list[Running]) -> list[tuple[Running, Call]]:
        """Resume every transition of ``batch`` until it wants an engine call or ends.

        One commit holds the outcomes of what ended and the intents of what they let go.
        """
        calls: list[tuple[Running, Call]] = []
        while batch:
            writes: list[Write] = []
            history: list[ChangeRecord] = []
            waiting: list[Running] = []
            ended: list[Running] = []
            pending = deque(batch)
            while pending:
                running = pending.popleft()
                request = self._resume(running)
                if isinstance(request, Call):
                    calls.append((running, request))
                    continue
                if isinstance(request, Record):
                    writes.extend(request.writes)
                    if not request.last:
                        waiting.append(running)
                        continue
                history.append(self._end(running))
                ended.append(running)
                pending.extend(self._begin())
            if writes or history:
                self._operation.write(writes, history=history)
            for running in ended:
                self._report(running)
            batch = waiting
        return calls

    def _resume(self, running: Running) -> Record | Call | None:
        failure, answer = running.failure, running.answer
        running.failure = running.answer = None
        try:
            if failure is not None:
                return running.transition.throw(failure)
            return running.transition.send(answer)
        except StopIteration:
            return None
        except StateError:
            raise
        except InfraError as error:
            running.failure = error
            return None

    def _end(self, running: Running) -> ChangeRecord:
        """Count ``running`` as ended and let go of what waited for it, unless it failed."""
        change, error = running.step.change, running.failure
        running.seconds = time.monotonic() - running.started
        self._active -= 1
        if isinstance(error, InfraError):
            return ChangeRecord(change.address, change.action, "failed", running.seconds, error.message)
        self._agenda.done(running.step)
        return ChangeRecord(change.address, change.action, "succeeded", running.seconds)

    def _report(self, running: Running) -> None:
        change, error, seconds = running.step.change, running.failure, running.seconds
        if isinstance(error, InfraError):
            self._ledger.failed.append(Failed(change.address, change.action, error))
            self._progress(ApplyEvent(change.address, change.action, "failed", seconds, error))
            return
        self._ledger.touched = True
        self._halves[id(change)] -= 1
        if not (isinstance(change, Replace) and self._halves[id(change)]):
            self._ledger.applied.append(Applied(change.address, change.action, seconds))
            self._progress(ApplyEvent(change.address, change.action, "done", seconds))

    def _work(self, running: Running, call: Call) -> None:
        try:
            running.answer = call.run()
        except InfraError as error:
            running.failure = error
        except Exception as error:
            # What it says may hold a secret, so only its type is recorded; the error itself stays behind this one.
            running.failure = EngineError(
                f"the engine failed in an unforeseen way: {type(error).__name__}",
                code="engine.fault",
                address=running.step.change.address,
                hint="run it again with -v to see the whole trace, and please report it",
            )
            running.failure.__cause__ = error
        self._answers.put(running)

    def _wait(self) -> list[Running]:
        """The calls that have ended: at least one, and all that ended meanwhile."""
        ended: list[Running] = []
        while not ended:
            try:
                ended.append(self._answers.get())
            except KeyboardInterrupt:
                if self._stop.is_set():
                    raise
                self._stop.set()
        while not self._answers.empty():
            ended.append(self._answers.get_nowait())
        return ended


def _guarded(progress: Callable[[ApplyEvent], None]) -> Callable[[ApplyEvent], None]:
    """``progress`` until it fails: who watches may go away, and the work is finished all the same."""
    lost = False

    def tell(event: ApplyEvent) -> None:
        nonlocal lost
        if lost:
            return
        try:
            progress(event)
        except Exception:
            lost = True

    return tell


class Agenda:
    """Which steps may start; what waits for a step that failed is never let go, and is left at the end."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = {step.key: step for step in steps}
        self._waits = {step.key: {key for key in step.after if key in self._steps} for step in steps}
        self._dependents: dict[Address, list[Address]] = {}
        for key, after in self._waits.items():
            for dependency in after:
                self._dependents.setdefault(dependency, []).append(key)
        self.ready: list[Address] = [key for key, after in reversed(self._waits.items()) if not after]

    @property
    def unfinished(self) -> bool:
        """Whether a step was never taken."""
        return bool(self._waits)

    def take(self) -> Step:
        """The next step; it counts as started."""
        key = self.ready.pop()
        del self._waits[key]
        return self._steps[key]

    def done(self, step: Step) -> None:
        """Let go of what waited for ``step``."""
        for key in self._dependents.get(step.key, ()):
            self._waits[key].discard(step.key)
            if not self._waits[key]:
                self.ready.append(key)

    def addresses(self) -> list[Address]:
        """The addresses of all steps."""
        return [step.change.address for step in self._steps.values()]

    def left(self) -> list[Address]:
        """The addresses whose steps were never taken, in order, each once."""
        return list(dict.fromkeys(self._steps[key].change.address for key in self._steps if key in self._waits))
