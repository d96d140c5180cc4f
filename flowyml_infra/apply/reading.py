"""Owns reading many things at once: at most so many calls, and none that is waited for without end.

A call that hangs keeps its place until it comes back, so that whatever is asked is never asked more at once than it was
said to bear. Nothing waits for it: its thread ends with the process.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from flowyml_infra.errors import EngineError, InfraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")

TIMEOUT: Final = 300.0
"""Seconds that one read may take, where nobody says otherwise. One of a cloud may look at a whole deployment."""


def _ignore(_done: int, _all: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read.

    Attributes:
        parallelism: How many calls may be under way at once.
        timeout: The seconds after which a call is given up on.
        progress: Told, on the caller's thread, how many calls of how many have ended.
    """

    parallelism: int = 10
    timeout: float = TIMEOUT
    progress: Callable[[int, int], None] = _ignore


DEFAULT: Final = ReadOptions()


def read_all(calls: Sequence[Callable[[], T]], options: ReadOptions = DEFAULT) -> list[T | InfraError]:
    """What each of ``calls`` gives, or why it gave nothing, in their order."""
    return _Reading(calls, options).run()


class _Reading(Generic[T]):
    def __init__(self, calls: Sequence[Callable[[], T]], options: ReadOptions) -> None:
        self._calls = calls
        self._options = options
        self._waiting: Iterator[int] = iter(range(len(calls)))
        self._next = threading.Lock()
        self._under_way: dict[int, float] = {}
        self._answers: SimpleQueue[tuple[int, T | InfraError]] = SimpleQueue()
        self._results: dict[int, T | InfraError] = {}

    def run(self) -> list[T | InfraError]:
        try:
            for number in range(min(self._options.parallelism, len(self._calls))):
                threading.Thread(target=self._work, name=f"read-{number}", daemon=True).start()
            while len(self._results) < len(self._calls):
                self._wait()
        finally:
            self._drain()
        return [self._results[index] for index in range(len(self._calls))]

    def _work(self) -> None:
        while (index := self._take()) is not None:
            self._answers.put((index, self._call(index)))

    def _take(self) -> int | None:
        with self._next:
            index = next(self._waiting, None)
            if index is not None:
                self._under_way[index] = time.monotonic()
            return index

    def _call(self, index: int) -> T | InfraError:
        try:
            return self._calls[index]()
        except InfraError as error:
            return error
        except Exception as error:
            # What it says may hold a secret, so only its type is told.
            return EngineError(f"it could not be read: {type(error).__name__}", code="engine.fault")

    def _wait(self) -> None:
        """Take in the next answer, or give up on what is overdue."""
        with self._next:
            began = list(self._under_way.values())
        patience = self._options.timeout - (time.monotonic() - min(began)) if began else self._options.timeout
        try:
            index, answer = self._answers.get(timeout=max(0.0, patience))
        except Empty:
            self._give_up(nothing_moves=not began)
        else:
            with self._next:
                in_time = self._under_way.pop(index, None) is not None
            if in_time:
                self._results[index] = answer
        self._options.progress(len(self._results), len(self._calls))

    def _give_up(self, *, nothing_moves: bool) -> None:
        limit = time.monotonic() - self._options.timeout
        with self._next:
            overdue = [index for index, began in self._under_way.items() if began <= limit]
            for index in overdue:
                del self._under_way[index]
        self._results.update({index: _overdue(self._options.timeout) for index in overdue})
        if nothing_moves:
            self._results.update({index: _blocked() for index in self._drain()})

    def _drain(self) -> list[int]:
        """Let nothing more begin; gives what did not."""
        with self._next:
            return list(self._waiting)


def _overdue(seconds: float) -> EngineError:
    return EngineError(
        f"it gave no answer within {seconds:g} seconds",
        code="engine.timeout",
        hint="check the connection, or give it longer with --timeout",
    )


def _blocked() -> EngineError:
    return EngineError(
        "it was not asked: earlier reads hang",
        code="engine.timeout",
        hint="check the connection, or read more at once with --parallelism",
    )
