"""Owns the threads that carry out parallel steps."""

from __future__ import annotations

import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")
_LONGEST_WAIT_SECONDS: Final = 0.5


class Crew(Generic[R]):
    """Up to ``size`` threads that call ``work(name)``; they begin when they are needed.

    They are daemons: when a run is interrupted, a step that does not end does not keep the process from ending.
    """

    def __init__(self, work: Callable[[str], R], size: int) -> None:
        self._work = work
        self._size = size
        self._tasks: SimpleQueue[str | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[str, R | BaseException]] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self.busy = 0

    @property
    def full(self) -> bool:
        """Whether another task would have to wait."""
        return self.busy >= self._size

    def start(self, name: str) -> None:
        """Have ``work(name)`` called."""
        self.busy += 1
        if len(self._threads) < self.busy:
            thread = threading.Thread(target=self._labour, name=f"flowyml-branch-{self.busy}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._tasks.put(name)

    def wait(self) -> tuple[str, R]:
        """The next name that is done, and what its call gave; raises what the call raised."""
        name, result = self._awaited()
        self.busy -= 1
        if isinstance(result, BaseException):
            raise result
        return name, result

    def _awaited(self) -> tuple[str, R | BaseException]:
        # An interrupt that comes just before the wait begins does not end it, so the wait is never long.
        while True:
            with suppress(Empty):
                return self._done.get(timeout=_LONGEST_WAIT_SECONDS)

    def dismiss(self) -> None:
        """Let the threads end once they have nothing to do; waits for none of them."""
        for _ in self._threads:
            self._tasks.put(None)

    def _labour(self) -> None:
        while (name := self._tasks.get()) is not None:
            try:
                result: R | BaseException = self._work(name)
            except BaseException as error:
                result = error
            self._done.put((name, result))
