"""Owns the bounds of what is taken from a remote source: bytes, files, depth and time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds.

    Attributes:
        file_bytes: Of one manifest or index.
        total_bytes: Of all manifests of one source together.
        files: Manifests in one source.
        entries: Entries of one archive, or of one folder in a repository.
        depth: Folders above a manifest.
        download_bytes: Of one archive, or of what git receives for one commit.
        unpacked_bytes: That an archive unpacks to.
        memory_bytes: Of the git client.
        seconds: For one download.
        check_seconds: For asking whether something moved.
        redirects: Followed for one address.
    """

    file_bytes: int = 4 * 2**20
    total_bytes: int = 32 * 2**20
    files: int = 1_000
    entries: int = 10_000
    depth: int = 16
    download_bytes: int = 256 * 2**20
    unpacked_bytes: int = 256 * 2**20
    memory_bytes: int = 2 * 2**30
    seconds: float = 60.0
    check_seconds: float = 10.0
    redirects: int = 5


LIMITS = Limits()
"""What holds unless a test says otherwise."""
