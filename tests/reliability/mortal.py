"""Owns a database whose process can be made to die at a commit, so that nothing of that process writes any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Killed(BaseException):
    """Stands for the end of the process: nothing in the library may catch it."""


class Mortal:
    """The database ``whole`` until the process dies; see :meth:`die_at`."""

    def __init__(self, whole: Any) -> None:
        self.whole, self.now, self.hold, self.url = whole, whole.now, whole.hold, whole.url
        self.number: int | None = None
        self.after = self.dead = False

    def die_at(self, number: int, *, after: bool) -> None:
        """Die just before, or just after, the ``number``-th commit from now on."""
        self.number, self.after = number, after

    def live(self) -> None:
        """Do not die any more."""
        self.number = None

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        self._check()
        with self.whole.transaction() as execute:
            yield execute
            last = self._counts()
            if last and not self.after:
                raise Killed
        if last:
            raise Killed

    @contextmanager
    def reading(self) -> Iterator[Any]:
        self._check()
        with self.whole.reading() as execute:
            yield execute

    def _counts(self) -> bool:
        if self.number is None:
            return False
        self.number -= 1
        self.dead = self.number <= 0
        return self.dead

    def _check(self) -> None:
        if self.dead:
            raise Killed

    def tables(self) -> Any:
        return self.whole.tables()

    def create_schema(self) -> None:
        self.whole.create_schema()

    def close(self) -> None:
        self.whole.close()
