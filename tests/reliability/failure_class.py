"""Owns what a failure class is: its bar, how many cases it takes, the ground it runs on, and the tally of a run."""

from __future__ import annotations

import multiprocessing
import random
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.emulation.postgresql_server import PostgresServer
from tests.state.places import PostgresPlace, SqlitePlace

BACKENDS = ("sqlite", "postgresql")
LOADED = ["tests.reliability.registry", "tests.support.killing", "tests.support.loaded"]
"""What a fork server has loaded: whatever a process needs for a case, so that each one costs a fork."""

MOST_FAILURES = 20
"""A run that fails as often as this is over: more would say nothing new."""


@dataclass
class Ground:
    """Where one class runs on one backend.

    Attributes:
        backend: ``sqlite``, ``postgresql`` or, where no state is concerned, ``none``.
        root: A folder of its own.
        server: Gives schemas; None where the backend takes none.
        wanted: How many cases to run.
        done: How many were run before; the numbers of the cases go on from there.
        until: The moment, of the monotonic clock, after which no case is begun.
        count: How many cases were run here.
        failures: What each failed case says.
    """

    backend: str
    root: Path
    server: PostgresServer | None = None
    wanted: int = 0
    done: int = 0
    until: float = float("inf")
    count: int = 0
    failures: list[str] = field(default_factory=list)

    def place(self) -> SqlitePlace | PostgresPlace:
        """A state that nobody has used, in a folder of its own whose flowyml.yaml names it."""
        folder = Path(tempfile.mkdtemp(dir=self.root))
        made: SqlitePlace | PostgresPlace
        if self.server is not None:
            made = PostgresPlace(folder, self.server.new_url())
        else:
            made = SqlitePlace(folder, f"sqlite:///{folder}/.flowyml/state.db")
        (folder / "flowyml.yaml").write_text(f"project: {{name: reliable}}\nstate: {{url: '{made.url}'}}\n")
        return made

    @cached_property
    def processes(self) -> Any:
        """Starts processes that have the library loaded already."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(LOADED)
        return context

    def numbers(self) -> Iterator[int]:
        """The number of each case to run: the same case whoever runs it, in one go or in pieces."""
        for number in range(self.done, self.done + self.wanted):
            if time.monotonic() >= self.until or len(self.failures) >= MOST_FAILURES:
                return
            yield number

    @contextmanager
    def case(self, name: object) -> Iterator[random.Random]:
        """One case, which counts; what it raises is a failure. Gives chance, the same for the same name."""
        self.count += 1
        try:
            yield random.Random(f"{name}")
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}:{place.lineno}"
            self.failures.append(f"case {name}: {type(error).__name__} at {where}: {str(error) or place.line}")


@dataclass(frozen=True)
class FailureClass:
    """A way in which the world fails, and what must hold all the same.

    Attributes:
        name: Its name on the command line.
        title: What fails.
        bar: What holds.
        run: Runs the cases that a ground wants.
        short: How many cases the ordinary tests run.
        full: How many the bar asks for.
        backends: On which kinds of state.
        whole: It runs every case there is, whatever is wanted: ``full`` is then the least that there must be.
        piece: How many cases one process runs at a time, where several share the work.
    """

    name: str
    title: str
    bar: str
    run: Callable[[Ground], None]
    short: int
    full: int
    backends: tuple[str, ...] = BACKENDS
    whole: bool = False
    piece: int = 25
