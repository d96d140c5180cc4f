"""Owns disks on which a test can let the room run out, and commands that are run on what is left of one."""

from __future__ import annotations

import contextlib
import io
import json
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowyml_infra.cli.main import execute

PAGE = 4096


@dataclass(frozen=True)
class Ended:
    """How a command ended, and all that it said."""

    code: int
    said: str


class FullDisk:
    """A small file system of its own, which a file of no use fills.

    Args:
        folder: Where it is mounted.
        processes: Starts processes.
    """

    def __init__(self, folder: Path, processes: Any) -> None:
        self.folder = folder
        self._processes = processes

    def run(self, *words: str, room: int) -> Ended:
        """Run a command with room for so many pages on the disk."""
        self.fill(but=room)
        try:
            return _ended(self._processes, self.folder.parent / "said.json", words, None)
        finally:
            self.clear()

    def fill(self, *, but: int = 0) -> None:
        """Leave room for ``but`` pages and no more."""
        with (self.folder / "filler").open("wb", buffering=0) as file:
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(PAGE))
            file.truncate(max(0, file.tell() // PAGE - but) * PAGE)

    def clear(self) -> None:
        """Give the room back."""
        (self.folder / "filler").unlink(missing_ok=True)


class LimitedFiles:
    """Where nothing may be mounted: no file of a command may get longer than the room. The error is another one."""

    def __init__(self, folder: Path, processes: Any) -> None:
        self.folder = folder
        self._processes = processes

    def run(self, *words: str, room: int) -> Ended:
        """Run a command none of whose files may have more pages than these."""
        return _ended(self._processes, self.folder.parent / "said.json", words, room * PAGE)


@contextmanager
def full_disk(folder: Path, processes: Any, megabytes: int = 8) -> Iterator[FullDisk | None]:
    """A file system in memory at ``folder``; None where this user may mount nothing."""
    folder.mkdir()
    options = f"size={megabytes}m,mode=0777"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        yield None
        return
    try:
        yield FullDisk(folder, processes)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _ended(processes: Any, answer: Path, words: tuple[str, ...], longest: int | None) -> Ended:
    child = processes.Process(target=_command, args=(words, longest, str(answer)))
    child.start()
    child.join()
    assert child.exitcode == 0
    return Ended(**json.loads(answer.read_text()))


def _command(words: tuple[str, ...], longest: int | None, answer: str) -> None:
    said = io.StringIO()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if longest is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (longest, hard))
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = execute(list(words))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    Path(answer).write_text(json.dumps({"code": int(code), "said": said.getvalue()}))
