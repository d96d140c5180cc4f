"""Owns the class of holders that are suspended past their lease and wake up when somebody else has taken over."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Any

from flowyml_infra.audit import sqlite
from flowyml_infra.audit.postgresql import sessions
from flowyml_infra.errors import ApplyError, StateError, StateLockedError
from flowyml_infra.resources import catalogue
from flowyml_infra.state import open_store
from flowyml_infra.state.store import PutRow
from tests.reliability.failure_class import FailureClass, Ground
from tests.state.samples import begin, master_key, row
from tests.support.kinds import DATA
from tests.support.planning import KEY, Bed, compiled, spec
from tests.support.world import World

LEASE_SECONDS = 0.6
RESOURCES = 1500
"""More than there is time for in one lease."""


class Noted(World):
    """Notes in a file, which outlives the process, when a creation is asked for and when it was begun."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.file = path.open("a")

    def create(self, subject: Any, context: Any) -> Any:
        self.note("asked")
        context.alive()
        self.note("begun")
        return super().create(subject, context)

    def note(self, word: str) -> None:
        self.file.write(f"{word}\n")
        self.file.flush()


def work(url: str, log: str) -> None:
    """Apply more than there is time for; ends when it is refused."""
    catalogue.KINDS[DATA.id] = DATA
    sessions.IDLE_SECONDS = 1
    store = open_store(url, key_source=master_key, lease_seconds=LEASE_SECONDS)
    bed = Bed(world=Noted(Path(log)), store=store)
    with contextlib.suppress(ApplyError, StateError):
        bed.apply(compiled(*(spec(f"r{index}") for index in range(RESOURCES))), parallelism=1)
        os._exit(3)
    os._exit(0)


def suspend(ground: Ground, chance: Any) -> None:
    """Suspend a holder at work, take over, and wake it."""
    place = ground.place()
    log = place.root / "log"
    with place.store(lease_seconds=60) as store:
        child = ground.processes.Process(target=work, args=(place.url, str(log)))
        child.start()
        deadline = time.monotonic() + 60
        while not log.exists() or log.stat().st_size < 100:
            assert time.monotonic() < deadline, "the apply never began"
            time.sleep(0.002)
        time.sleep(chance.random() / 20)
        os.kill(child.pid, signal.SIGSTOP)
        lease, operation = taken_over(store, child.pid)
        operation.write([PutRow(row("successor"))])
        expected, seen = store.snapshot(KEY), len(log.read_text().splitlines())
        wake(child.pid)
        child.join(60)
        assert child.exitcode == 0
        assert store.snapshot(KEY) == expected, "a stale write"
        # A creation that was begun when the holder was suspended is under way; one that is asked for now is new.
        later = log.read_text().splitlines()[seen:]
        assert "begun" not in later[later.index("asked") :] if "asked" in later else True, "a new call"
        operation.finish("succeeded")
        store.release(lease)
    assert place.audit().verify() == []


def taken_over(store: Any, holder: int) -> Any:
    """The lease of the suspended holder, once it is over, and an operation under it.

    PostgreSQL undoes what a suspended process left open. SQLite cannot, so that such a holder is suspended elsewhere.
    """
    deadline = time.monotonic() + 60
    while True:
        try:
            return begin(store, KEY, lineage=store.snapshot(KEY).lineage)
        except StateLockedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        except StateError as error:
            if error.code != "state.busy" or not store.url.startswith("sqlite"):
                raise
            wake(holder)
            time.sleep(0.003)
            with contextlib.suppress(ProcessLookupError):
                os.kill(holder, signal.SIGSTOP)


def wake(process: int) -> None:
    """Let a suspended process go on; it may have noticed before that its lease is over, and be through."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGCONT)


def run(ground: Ground) -> None:
    """One holder a case."""
    busy, sqlite.BUSY_SECONDS = sqlite.BUSY_SECONDS, 0.2
    try:
        for number in ground.numbers():
            with ground.case(number) as chance:
                suspend(ground, chance)
    finally:
        sqlite.BUSY_SECONDS = busy


SUSPENDED_HOLDER = FailureClass(
    "suspended-holder",
    "the holder of a lease suspended past its end, in the middle of an apply",
    "it wakes up harmless: no stale write, no new call of an engine",
    run,
    short=3,
    full=200,
    piece=5,
)
