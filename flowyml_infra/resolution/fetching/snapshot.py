"""Owns what a remote source gave at one moment: its manifests, and what tells that moment from others."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.errors import SourceRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resolution.fetching.limits import Limits

SUFFIXES = (".yaml", ".yml", ".json")
"""How the names of manifests end."""

STACKS_FOLDER = "stacks"
"""Where manifests are looked for, beside the root, when no folder was said."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The manifests of a source.

    Attributes:
        revision: A commit, or ``sha256:`` and a digest of what was downloaded.
        files: The content of each manifest by its path from the root of the source.
        ref: The full name of the branch or tag that led to the revision, or None.
    """

    revision: str
    files: Mapping[str, bytes]
    ref: str | None = None


def digest_of(content: bytes) -> str:
    """``sha256:`` and the digest in hexadecimal."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def check_path(path: str, shown: str, limits: Limits) -> str:
    """``path`` if it is one that stays within its source.

    Raises:
        SourceRefusedError: It does not, or cannot be told from one that does not.
    """
    parts = path.split("/")
    plain = path.isprintable() and "\\" not in path and ":" not in path and not path.startswith("/")
    if not plain or any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        raise SourceRefusedError(
            f"{shown} holds the path {path!r}, which could lead out of it",
            code="source.path",
            hint="paths are relative, with / between names and without `..`",
        )
    if len(parts) > limits.depth + 1 or len(path) > 1_024:
        raise SourceRefusedError(
            f"{shown} has folders nested deeper than {limits.depth}", code="source.too_deep", hint="flatten them"
        )
    return path


def is_manifest_name(name: str) -> bool:
    """Whether a file of this name may be a manifest."""
    return name.lower().endswith(SUFFIXES) and not name.rpartition("/")[2].startswith(".")


def choose_files(names: Iterable[str], path: str) -> list[str]:
    """Those of ``names`` that are manifests where ``path`` says: a file, a folder, or the root and its ``stacks``."""
    everything = list(names)
    if path in everything:
        return [path]
    folders = {path} if path else {"", STACKS_FOLDER}
    return sorted(name for name in everything if is_manifest_name(name) and name.rpartition("/")[0] in folders)


def check_amount(sizes: Mapping[str, int], shown: str, limits: Limits) -> None:
    """Refuse manifests that are too many or too large.

    Raises:
        SourceRefusedError: They are.
    """
    if len(sizes) > limits.files:
        raise SourceRefusedError(
            f"{shown} holds {len(sizes):,} manifests; {limits.files:,} are read",
            code="source.too_many",
            hint="name a folder or a file in it",
        )
    for name, size in sizes.items():
        if size > limits.file_bytes:
            raise SourceRefusedError(
                f"{name} in {shown} is {size:,} bytes long; {limits.file_bytes:,} are read", code="source.too_large"
            )
    if sum(sizes.values()) > limits.total_bytes:
        raise SourceRefusedError(
            f"the manifests in {shown} are larger than {limits.total_bytes:,} bytes together", code="source.too_large"
        )
