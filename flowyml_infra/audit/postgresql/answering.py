"""Owns connections that give a server so long to answer, and no longer: a machine that hangs says nothing at all.

What the network loses is noticed by the settings of ``audit.postgresql.location``, and a statement that goes on for too
long is ended by the server itself. This is for a server that does neither.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import psycopg

if TYPE_CHECKING:
    from collections.abc import Generator

ANSWER_SECONDS: Final = 150.0
"""How long a statement may go unanswered; more than the server gives it."""


class AnsweringConnection(psycopg.Connection[Any]):
    """A connection that is closed when a statement is not answered in time."""

    def wait(self, gen: Any, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - as the driver's releases have it
        """See the base class: it asks every tenth of a second whether there is something to do.

        Raises:
            psycopg.OperationalError: There was no answer in time.
        """
        return super().wait(self._in_time(gen), *arguments, **named)

    def _in_time(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        deadline = time.monotonic() + ANSWER_SECONDS
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > deadline:
                    self.close()
                    raise psycopg.OperationalError(f"it has not answered for {ANSWER_SECONDS:g} seconds")
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value
