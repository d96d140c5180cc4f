"""Owns the folder in which the test bed keeps what it builds; knows nothing of what that is.

``FLOWYML_TEST_CACHE`` names the folder, else it lies in the user's own cache. One thing is built once, however many
workers and processes ask for it: the others wait for its lock. It is built in a folder aside and renamed when whole, so
that a build which was broken off leaves nothing that looks finished.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def folder() -> Path:
    """The cache folder, made when it is not there."""
    named = os.environ.get("FLOWYML_TEST_CACHE")
    path = Path(named) if named else platformdirs.user_cache_path("flowyml-infra-tests")
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file ``path`` against other processes; the system frees it when the holder dies."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def built(name: str, build: Callable[[Path], None]) -> Path:
    """The folder that ``build`` filled for ``name``; builds it when the cache does not have it.

    Args:
        name: What is built, with its version: another version is another name.
        build: Fills the empty folder that it is given.
    """
    finished = folder() / name
    if finished.is_dir():
        return finished
    with locked(folder() / f".{name}.lock"):
        if not finished.is_dir():
            _build_aside(name, build, finished)
    return finished


def _build_aside(name: str, build: Callable[[Path], None], finished: Path) -> None:
    aside = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=folder()))
    started = time.monotonic()
    _say(f"building {name} into {finished.parent}; this happens once")
    try:
        build(aside)
        aside.chmod(0o755)
        aside.rename(finished)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _say(f"built {name} in {time.monotonic() - started:.0f} s")


def _say(line: str) -> None:
    # The real stderr: pytest captures the other one, and a silent build of ten minutes looks like a hang.
    print(f"test bed: {line}", file=sys.__stderr__, flush=True)
