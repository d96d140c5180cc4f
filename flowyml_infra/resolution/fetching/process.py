"""Owns running one external program with bounds: no terminal, a process group of its own, limits on bytes and time."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import IO

# The limits are the kernel's, and hold for whatever the program starts. Not every system has each of them.
_LIMITED = 'ulimit -f "$1" 2>/dev/null; ulimit -v "$2" 2>/dev/null; ulimit -c 0 2>/dev/null; shift 2; exec "$@"'
_MOST_ERROR_TEXT = 4_000


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one run may take: seconds, the size of any file that it writes, memory."""

    seconds: float
    file_bytes: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended.

    Attributes:
        code: Its exit code, or None when it was stopped because its time was over.
        output: What it wrote to standard output.
        errors: The end of what it wrote to standard error.
    """

    code: int | None
    output: bytes
    errors: str


def run(words: Sequence[str], *, folder: Path, environ: Mapping[str, str], bounds: Bounds, given: bytes = b"") -> Ended:
    """Run ``words`` in ``folder``; what it starts is gone when this returns.

    Args:
        words: The program and its arguments.
        folder: Where it runs.
        environ: Its environment, whole.
        bounds: What it may take.
        given: Its standard input.

    Raises:
        OSError: It cannot be started.
    """
    line = [str(word) for word in words]
    if os.name == "posix":
        sizes = [str(bounds.file_bytes // 512 + 1), str(bounds.memory_bytes // 1024)]
        line = ["/bin/sh", "-c", _LIMITED, "sh", *sizes, *line]
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        source.write(given)
        source.seek(0)
        process = subprocess.Popen(  # noqa: S603 -- a list of words, no shell reads them
            line, cwd=folder, env=dict(environ), stdin=source, stdout=out, stderr=err, start_new_session=True
        )
        code: int | None = None
        try:
            code = process.wait(bounds.seconds)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(process)
        return Ended(code, _content(out, bounds.file_bytes), _tail(err))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the program's process group."""
    try:
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except (ProcessLookupError, PermissionError):
        pass
    process.wait()


def _content(file: IO[bytes], most: int) -> bytes:
    file.seek(0)
    return file.read(most + 512)


def _tail(file: IO[bytes]) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _MOST_ERROR_TEXT))
    text = file.read().decode("utf-8", "replace")
    return "".join(character if character.isprintable() or character == "\n" else " " for character in text).strip()
