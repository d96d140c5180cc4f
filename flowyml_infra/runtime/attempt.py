"""Owns calling a step's function once or several times: the time limit of one call, and the retries.

A call with a time limit runs in a thread of its own. A forked process could be ended for certain, but a fork of a
process with threads can hang on locks that those threads held, and a step's threads are the rule here.
"""

from __future__ import annotations

import threading
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from flowyml_infra.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable


class StepTimeoutError(PipelineError):
    """A step's function took longer than its time limit."""

    default_code = "pipeline.timeout"


def attempt(call: Callable[[int], object], *, retries: int, delay: float, stop: threading.Event) -> object:
    """What ``call(number)`` gives back, tried again up to ``retries`` times after an exception.

    Args:
        call: The call; it is told which attempt this is, from 1.
        retries: How often it may be tried again.
        delay: Seconds between two attempts.
        stop: Once set, nothing is tried again.
    """
    if retries == 0:
        return call(1)
    from tenacity import (
        RetryCallState,
        Retrying,
        retry_if_exception_type,
        sleep_using_event,
        stop_after_attempt,
        wait_fixed,
    )

    limit = stop_after_attempt(retries + 1)

    def is_over(state: RetryCallState) -> bool:
        return stop.is_set() or limit(state)

    retrying = Retrying(
        stop=is_over,
        wait=wait_fixed(delay),
        retry=retry_if_exception_type(Exception),
        sleep=sleep_using_event(stop),
        reraise=True,
    )
    for trial in retrying:
        with trial:
            return call(trial.retry_state.attempt_number)
    raise AssertionError("tenacity gives up by raising")


def call_within(call: Callable[[], object], seconds: float, title: str) -> object:
    """What ``call()`` gives back within ``seconds``.

    When the time is over, ``SystemExit`` is raised inside the call at its next Python instruction; a call to C that it
    waits for is not interrupted, and goes on in the background until it is back.

    Raises:
        StepTimeoutError: The time is over.
    """
    trial = _Trial(copy_context().run, call)
    trial.thread.start()
    if not trial.done.wait(seconds):
        trial.abandon()
        if not trial.done.is_set():
            raise StepTimeoutError(
                f"{title} took longer than its {seconds:g} s",
                hint="give it a longer timeout; what it was waiting for may go on in the background for a while",
            )
    if trial.error is not None:
        raise trial.error
    return trial.value


class _Trial:
    """One call in its own thread."""

    def __init__(self, run: Callable[..., object], call: Callable[[], object]) -> None:
        self.value: object = None
        self.error: BaseException | None = None
        self.done = threading.Event()
        self._lock = threading.Lock()
        self._abandoned = False
        # A daemon, so that a step that cannot be ended does not keep the process from ending.
        self.thread = threading.Thread(target=self._work, args=(run, call), name="flowyml-step", daemon=True)

    def _work(self, run: Callable[..., Any], call: Callable[[], object]) -> None:
        value: object = None
        error: BaseException | None = None
        try:
            value = run(call)
        except BaseException as raised:
            error = raised
        with self._lock:
            if not self._abandoned:
                self.value, self.error = value, error
                self.done.set()

    def abandon(self) -> None:
        """Take no result any more, and ask the thread to stop; nothing happens when it is done."""
        with self._lock:
            if self.done.is_set():
                return
            self._abandoned = True
        import ctypes

        thread = ctypes.c_ulong(self.thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(SystemExit))
