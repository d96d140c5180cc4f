"""Owns the running of one class by several processes, each of which takes a piece of its cases after the other.

A piece that was taken is run to its end, so that what was run are the first so many cases, whoever ran them.
"""

from __future__ import annotations

import multiprocessing
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.reliability.failure_class import MOST_FAILURES, FailureClass, Ground


def run_pieces(item: FailureClass, ground: Ground, jobs: int) -> None:
    """Run the cases that ``ground`` wants in ``jobs`` processes, and add up there what they came to."""
    context = multiprocessing.get_context("fork")
    following, tallies = context.Value("q", ground.done), context.SimpleQueue()
    workers = [context.Process(target=_work, args=(item, ground, following, tallies)) for _ in range(jobs)]
    for worker in workers:
        worker.start()
    for _ in workers:
        count, failures = tallies.get()
        ground.count += count
        ground.failures += failures
    for worker in workers:
        worker.join()


def _work(item: FailureClass, ground: Ground, following: Any, tallies: Any) -> None:
    count, failures = 0, []
    try:
        while time.monotonic() < ground.until and len(failures) < MOST_FAILURES:
            piece = _taken(item, ground, following)
            if piece is None:
                break
            item.run(piece)
            count += piece.count
            failures += piece.failures
            shutil.rmtree(piece.root)
    except BaseException as error:
        failures.append(f"a process that ran cases ended early: {error!r}")
        raise
    finally:
        tallies.put((count, failures))


def _taken(item: FailureClass, ground: Ground, following: Any) -> Ground | None:
    """The ground of the next piece; None when there is none left."""
    with following.get_lock():
        first = following.value
        wanted = min(item.piece, ground.done + ground.wanted - first)
        following.value = first + wanted
    if wanted <= 0:
        return None
    root = Path(tempfile.mkdtemp(dir=ground.root))
    return replace(ground, root=root, wanted=wanted, done=first, until=float("inf"), count=0, failures=[])
