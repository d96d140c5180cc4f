"""Owns the writing of a file whole or not at all: who reads it sees what was there before, or all of what is new."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Put ``data`` in the place of what ``path`` holds; its folder is there already.

    Args:
        path: The file.
        data: All that it is to hold.
        mode: Its permissions; by default the file is its owner's alone.

    Raises:
        OSError: It cannot be written, and is named; what was there is still there, and nothing lies beside it.
    """
    import tempfile

    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        if mode != 0o600:
            Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
