"""Owns the cache of what remote sources gave: files named by the digest of their content, and proved by it when read.

It is the user's own, outside of projects. What cannot be read or written is as good as absent.
"""

from __future__ import annotations

import os
from pathlib import Path

from flowyml_infra.resolution.fetching.snapshot import digest_of
from flowyml_infra.whole_file import write_whole

CACHE_VARIABLE = "FLOWYML_CACHE_DIR"
"""The environment variable that says where the cache is."""

_SCHEME = "sha256:"


class ContentCache:
    """The cache in ``folder``; by default where ``FLOWYML_CACHE_DIR`` says, else in the user's cache folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder if folder is not None else default_folder()

    def load(self, digest: str) -> bytes | None:
        """The content with this digest, or None when it is not there or not whole."""
        try:
            content = self._path(digest).read_bytes()
        except OSError:
            return None
        return content if digest_of(content) == digest else None

    def store(self, content: bytes) -> str:
        """Keep ``content`` and return its digest."""
        digest = digest_of(content)
        path = self._path(digest)
        try:
            if not path.exists() or self.load(digest) is None:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_whole(path, content)
        except OSError:
            return digest
        return digest

    def _path(self, digest: str) -> Path:
        name = digest.removeprefix(_SCHEME)
        return self._folder / name[:2] / name[2:]


def default_folder() -> Path:
    """Where the cache is unless somebody says otherwise."""
    said = os.environ.get(CACHE_VARIABLE)
    if said:
        return Path(said) / "sources"
    from platformdirs import user_cache_path

    return user_cache_path("flowyml-infra") / "sources"
