"""Owns how a process is told apart from every other, and whether one that held a lease is gone for certain."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flowyml_infra.audit.actor import host_name

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process among all that ever ran.

    Attributes:
        host: The machine's name.
        machine: This boot of the machine and the space that process ids are counted in; empty where it is not known.
            Containers share a boot, and sometimes a name, but not this.
        pid: The process id.
        started: When it started, in clock ticks since boot; empty where it is not known. Process ids are used again.
    """

    host: str
    machine: str
    pid: int
    started: str

    def to_json(self) -> dict[str, object]:
        """The JSON form."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> ProcessIdentity:
        """The inverse of :meth:`to_json`."""
        pid = data.get("pid")
        return cls(
            str(data.get("host", "")),
            str(data.get("machine", "")),
            pid if isinstance(pid, int) else 0,
            str(data.get("started", "")),
        )


def this_process() -> ProcessIdentity:
    """The identity of the running process."""
    return process_of(os.getpid())


def process_of(pid: int) -> ProcessIdentity:
    """The identity of the process ``pid`` of this machine, which is running."""
    _, started = _status(pid)
    return ProcessIdentity(host_name(), _machine(), pid, started)


def is_gone(process: ProcessIdentity) -> bool:
    """Whether ``process`` ran on this machine and ended; False when that cannot be known from here."""
    if not process.machine or process.host != host_name() or process.machine != _machine():
        return False
    state, started = _status(process.pid)
    return state in ("", "Z", "X") or started != process.started


def _machine() -> str:
    """Boot and process-id namespace, see proc(5) and pid_namespaces(7); empty on systems without them."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def _status(pid: int) -> tuple[str, str]:
    """State letter and start time of a process, fields 3 and 22 of proc_pid_stat(5); empty when there is none."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return "", ""
    fields = text.rpartition(")")[2].split()
    return fields[0], fields[19]
