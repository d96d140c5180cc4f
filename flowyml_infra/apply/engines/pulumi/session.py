"""Owns one run of ``pulumi up`` that is kept open: it takes jobs while it runs, and ends when it is told to.

Its program never ends well: what is among the targets of one that does, and was not registered, is deleted by the
engine. That may be what another job is about, which failed before or is not asked for any more.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi.automation.errors import CommandError

from flowyml_infra.apply.engines.pulumi.registering import Registrar
from flowyml_infra.apply.engines.pulumi.rollup import Rollup
from flowyml_infra.apply.engines.pulumi.urns import component_urn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pulumi import automation

    from flowyml_infra.apply.engines.pulumi.job import Job


_DONE: Final = "everything that was asked for is done"


class Session:
    """An ``up`` under way.

    Args:
        stack: The stack; its program is this session's own.
        targets: The URNs that may be touched. What is on record beside them stays as it is.
        alive: Raises once the lease is lost.
        derive: What passwords are made by.
        ended: Called on the session's thread when the run is over, with its error or None.
    """

    def __init__(
        self,
        stack: automation.Stack,
        targets: Sequence[str],
        alive: Callable[[], None],
        derive: Callable[[str], str],
        ended: Callable[[Session, CommandError | None], None],
    ) -> None:
        self.rollup = Rollup()
        self._stack = stack
        self._targets = list(targets)
        self._alive = alive
        self._derive = derive
        self._ended = ended
        self._waiting: list[Job | None] = []
        self._inbox: asyncio.Queue[Job | None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="pulumi session")
        self._thread.start()

    def covers(self, job: Job) -> bool:
        """Whether it may touch what the job is about."""
        return component_urn(self._stack.name, job.type, job.name) in self._targets

    def submit(self, job: Job) -> None:
        """Have the program register ``job``; its answer comes when that is done, or with the end of the session."""
        self._send(job)

    def finish(self) -> None:
        """Let the program end once everything that was submitted is registered, and wait for the end of the run."""
        self._send(None)
        self._thread.join()

    def _send(self, item: Job | None) -> None:
        with self._lock:
            if self._inbox is None or self._loop is None:
                self._waiting.append(item)
                return
            # In a context of its own: the program's settings are not this thread's.
            contextvars.Context().run(self._loop.call_soon_threadsafe, self._inbox.put_nowait, item)

    def _run(self) -> None:
        error: CommandError | None = None
        try:
            self._stack.up(
                program=self._program, target=self._targets, on_event=self.rollup.hear, suppress_outputs=True
            )
        except CommandError as caught:
            error = None if self._done else caught
        except BaseException as caught:
            error = _as_command_error(caught)
        self._ended(self, error)

    def _program(self) -> Any:  # noqa: ANN401 - a coroutine, which the SDK's types do not foresee
        return self._take_jobs()

    async def _take_jobs(self) -> None:
        registrar = Registrar(self._alive, self._derive, preview=False)
        inbox: asyncio.Queue[Job | None] = asyncio.Queue()
        with self._lock:
            self._inbox, self._loop = inbox, asyncio.get_running_loop()
            for item in self._waiting:
                inbox.put_nowait(item)
        tasks: set[asyncio.Task[None]] = set()
        taking = asyncio.create_task(inbox.get())
        failed: list[BaseException] = []
        while not failed:
            done, _ = await asyncio.wait({taking, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            failed = _failures(done - {taking})
            tasks -= done
            if taking in done:
                job = taking.result()
                if job is None:
                    break
                tasks.add(asyncio.create_task(_answer(registrar, job)))
                taking = asyncio.create_task(inbox.get())
        taking.cancel()
        if tasks:
            done, _ = await asyncio.wait(tasks)
            failed += _failures(done)
        if failed:
            raise failed[0]
        self._done = True
        raise pulumi.RunError(_DONE)


def _failures(tasks: set[asyncio.Task[Any]]) -> list[BaseException]:
    return [error for task in tasks if (error := task.exception()) is not None]


async def _answer(registrar: Registrar, job: Job) -> None:
    """Register the job and answer; what failed is answered when the run is over, whose events say why."""
    job.answer.set_result(await registrar.register(job))


def _as_command_error(error: BaseException) -> CommandError:
    from pulumi.automation import CommandResult

    return CommandError(CommandResult(stdout="", stderr=f"{type(error).__name__}: {error}", code=-1))
