"""Owns the wording of what the operating system and SQLite refuse: cause and cure, as an ``EngineError``."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flowyml_infra.errors import EngineError, EngineRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.apply.engine import Subject

_FULL = "free some space, then apply again"
_CURES = {
    errno.ENOSPC: ("the disk is full", _FULL),
    errno.EDQUOT: ("the disk quota is used up", _FULL),
    errno.EACCES: ("permission was denied", "give the user who applies the right to write there"),
    errno.EPERM: ("the operation is not permitted", "give the user who applies the right to do that there"),
    errno.EROFS: ("the file system is read-only", "choose a path on one that can be written"),
    errno.ENOTDIR: ("a part of the path is a file", "choose a path that leads through folders only"),
    errno.ENAMETOOLONG: ("the path is too long", "choose a shorter one"),
    errno.ELOOP: ("the symbolic links on the path lead in a circle", "mend the links, or choose another path"),
    errno.EBUSY: ("it is in use, or a file system is mounted there", "unmount it, or end what uses it"),
    errno.EMFILE: ("too many files are open", "apply with a lower --parallelism"),
    errno.EIO: ("the disk reported an error", "check the disk before going on"),
    errno.EXDEV: ("it is on another file system than the folder around it", "unmount it, or choose another path"),
}
_SQLITE_CURES = {
    "SQLITE_FULL": ("the disk is full", _FULL),
    "SQLITE_BUSY": ("another program uses the database", "end that program, then apply again"),
    "SQLITE_LOCKED": ("another program uses the database", "end that program, then apply again"),
    "SQLITE_READONLY": ("the database is read-only", "give the user who applies the right to write there"),
    "SQLITE_CANTOPEN": ("the database cannot be opened", "check the permissions of the file and of its folder"),
    "SQLITE_NOTADB": ("the file is no SQLite database", "restore it, or move it away"),
    "SQLITE_CORRUPT": ("the database is damaged", "restore it from a backup, or move it away"),
    "SQLITE_IOERR": ("the disk reported an error", "check the disk before going on"),
}


@contextmanager
def told(subject: Subject, action: str) -> Iterator[None]:
    """Turn what the system refuses while ``subject`` is being worked on into an ``EngineError``.

    Args:
        subject: The resource.
        action: What is being done, as a verb: ``create``.
    """
    try:
        yield
    except OSError as error:
        cause, cure = _CURES.get(error.errno or 0, (error.strerror or str(error), "mend the cause, then apply again"))
        place = f" at {error.filename}" if error.filename else ""
        raise _failed(subject, action, f"{cause}{place}", cure) from error
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        cause, cure = _SQLITE_CURES.get("_".join(name.split("_")[:2]), (str(error), "mend the cause, then apply again"))
        raise _failed(subject, action, cause, cure) from error


def _failed(subject: Subject, action: str, cause: str, cure: str) -> EngineError:
    return EngineError(
        f"cannot {action} {subject.address}: {cause}",
        code=f"engine.{action}_failed",
        address=subject.address,
        hint=cure,
    )


def refused(subject: Subject, message: str, hint: str, code: str = "engine.refused") -> EngineRefusedError:
    """The error that ``subject`` was left as it is, for the reason ``message``."""
    return EngineRefusedError(message, code=code, address=subject.address, hint=hint)
