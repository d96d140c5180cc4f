"""Owns the file in which a plugin writes what it was asked and how it went, one JSON line each.

A call has two lines: ``begun`` before anything happens, and its result. A call without a result was cut off. The lines
are written at once, for a plugin may be killed the moment after.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER_VARIABLE = "EMULATION_FOLDER"
BEGUN = "begun"


@dataclass(frozen=True)
class Call:
    """One line of the log."""

    method: str
    urn: str
    token: str
    result: str
    preview: bool = False
    detail: str = ""
    process: int = 0
    time: float = 0.0


def folder() -> Path | None:
    """The folder that the tests and the plugins share; none when nobody looks."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else None


def write(call: Call) -> int:
    """Append ``call``; answers how many lines say the same of the same method and token, this one included."""
    shared = folder()
    if shared is None:
        return 0
    record = asdict(call) | {"time": time.time(), "process": os.getpid()}
    with (shared / "calls.jsonl").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        earlier = sum(_same(json.loads(line), call) for line in file)
        file.write(json.dumps(record) + "\n")
        file.flush()
    return earlier + 1


def read(shared: Path) -> list[Call]:
    """Every line so far."""
    path = shared / "calls.jsonl"
    return [Call(**json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


def _same(record: dict[str, object], call: Call) -> bool:
    return (record["method"], record["token"], record["result"], record["preview"]) == (
        call.method,
        call.token,
        call.result,
        call.preview,
    )
