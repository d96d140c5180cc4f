"""Owns what the engine does when: what is to be made goes into a session that is kept open, removals wait for its end.

One thread decides; those who ask wait for their answers. A session that fails answers for those whose fault it was; the
others are asked for again in a new one.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from flowyml_infra.apply.engines.pulumi.failures import failure, messages_of
from flowyml_infra.apply.engines.pulumi.job import Job, Removal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pulumi.automation.errors import CommandError

    from flowyml_infra.apply.engines.pulumi.rollup import Rollup

_LINGER_SECONDS: Final = 0.25
"""How long removals wait, when nothing is under way, for something else to be asked for."""
_ATTEMPTS: Final = 20
"""How often a job is asked for again because of the failures of others."""


class Run(Protocol):
    """A session as the runner sees it."""

    rollup: Rollup

    def covers(self, job: Job) -> bool:
        """Whether it may touch what the job is about."""

    def submit(self, job: Job) -> None:
        """Take a job."""

    def finish(self) -> None:
        """End, and wait for the end."""


@dataclass(frozen=True, slots=True)
class _Over:
    session: Run
    error: CommandError | None


_STOP: Final = object()


class Runner:
    """Takes jobs and removals from any thread, and carries them out.

    Args:
        open_session: Starts a session; what it is given is to be called at its end.
        remove: Carries out removals together and answers them.
        urn: The URN of a job's component.
    """

    def __init__(
        self,
        open_session: Callable[[Callable[[Run, CommandError | None], None]], Run],
        remove: Callable[[Sequence[Removal]], None],
        urn: Callable[[Job], str],
    ) -> None:
        self._open_session = open_session
        self._remove = remove
        self._urn = urn
        self._inbox: queue.Queue[object] = queue.Queue()
        self._session: Run | None = None
        self._under_way: list[Job] = []
        self._removals: list[Removal] = []
        self._attempts: dict[Job, int] = {}
        self._later: list[Job] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="pulumi runner", daemon=True)
        self._thread.start()

    def ask(self, item: Job | Removal) -> None:
        """Have ``item`` carried out; its answer comes when it is."""
        self._inbox.put(item)

    def close(self) -> None:
        """Finish everything and end."""
        self._inbox.put(_STOP)
        self._thread.join()

    def _work(self) -> None:
        while not self._stopping:
            quiet = self._removals and not self._unanswered()
            try:
                item = self._inbox.get(timeout=_LINGER_SECONDS if quiet else None)
            except queue.Empty:
                self._carry_out_removals()
                continue
            try:
                self._handle(item)
            except Exception as error:
                self._give_up(item, error)
        self._carry_out_removals()

    def _handle(self, item: object) -> None:
        match item:
            case Job():
                self._submit(item)
            case Removal():
                self._removals.append(item)
            case _Over(session, error):
                self._over(session, error)
            case None:
                pass  # an answer came: look whether it is quiet now
            case _:
                self._stopping = True

    def _submit(self, job: Job) -> None:
        if self._session is not None and not self._session.covers(job):
            self._end_session()
        if self._session is None:
            self._session = self._open_session(lambda session, error: self._inbox.put(_Over(session, error)))
        self._under_way.append(job)
        job.answer.add_done_callback(lambda _: self._inbox.put(None))
        self._session.submit(job)

    def _unanswered(self) -> list[Job]:
        self._under_way = [job for job in self._under_way if not job.answer.done()]
        return self._under_way

    def _end_session(self) -> None:
        """End the session that is open, and deal with what it leaves unanswered until nothing is."""
        while self._session is not None:
            session = self._session
            session.finish()
            self._drain(session)
        later, self._later = self._later, []
        for job in later:
            self._inbox.put(job)

    def _drain(self, session: Run) -> None:
        """Take what came in up to the end of ``session``."""
        while self._session is session:
            item = self._inbox.get()
            if isinstance(item, Job):
                self._later.append(item)
            else:
                self._handle(item)

    def _over(self, session: Run, error: CommandError | None) -> None:
        if session is not self._session:
            return
        self._session = None
        left = self._unanswered()
        self._under_way = []
        if not left:
            return
        told = {job: session.rollup.messages(self._urn(job)) for job in left}
        at_fault = [job for job in left if told[job]] or (left if error is not None else [])
        again = [job for job in left if job not in at_fault and self._attempts.get(job, 0) < _ATTEMPTS]
        # Answers go first: who waits for them may have something to say to the next session.
        for job in left:
            if job not in again:
                job.answer.set_exception(failure(job.address, told[job] or _why(session, error)))
        for job in again:
            self._attempts[job] = self._attempts.get(job, 0) + 1
            self._submit(job)

    def _carry_out_removals(self) -> None:
        self._end_session()
        removals, self._removals = self._removals, []
        if removals:
            try:
                self._remove(removals)
            except Exception as error:
                for removal in removals:
                    if not removal.answer.done():
                        removal.answer.set_exception(error)

    def _give_up(self, item: object, error: Exception) -> None:
        waiting = [*self._under_way, *([item] if isinstance(item, (Job, Removal)) else [])]
        self._session, self._under_way = None, []
        for each in waiting:
            if not each.answer.done():
                each.answer.set_exception(error)


def _why(session: Run, error: CommandError | None) -> list[str]:
    """What is known of a run that ended without a word about its jobs."""
    if error is None:
        return ["the engine ended without an answer"]
    return session.rollup.other_messages() or messages_of(error)
