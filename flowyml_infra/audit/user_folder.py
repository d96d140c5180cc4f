"""Owns where this user's own data is, away from every project, and making files there that others must not read."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_NAME = "flowyml-infra"


def user_folder(platform: str = sys.platform) -> Path:
    """The folder of this user's keys and notes; need not exist."""
    if platform.startswith("linux"):
        # As platformdirs does; every command passes here, and loading that takes a good part of its time.
        base = os.environ.get("XDG_DATA_HOME", "").strip() or os.path.expanduser("~/.local/share")  # noqa: PTH111
        return Path(base) / _NAME
    from platformdirs import user_data_path

    return user_data_path(_NAME, appauthor=False)


def make_private_file(path: Path, content: bytes) -> None:
    """Make ``path`` with ``content``, for this user's eyes alone, unless it is there already; never half a file.

    Raises:
        OSError: It cannot be made.
    """
    partial = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(partial, path)  # unlike a rename, it never replaces
        except FileExistsError:
            return
    finally:
        partial.unlink()


def others_may_read(path: Path) -> bool:
    """Whether anybody but its owner may read ``path``."""
    return os.name == "posix" and bool(path.stat().st_mode & 0o077)
