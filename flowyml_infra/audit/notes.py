"""Owns this user's notes of the heads that his commands saw, in his data folder and so away from every chain.

One file for each log, a head on every line, added to and never changed: however a chain was cut or rewritten since, one
of the lines does not fit it any more. A note that cannot be written stops nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flowyml_infra.audit.head import SeenHead, head_from_json
from flowyml_infra.audit.location import SQLITE_SCHEMES, sqlite_path, url_scheme
from flowyml_infra.audit.user_folder import user_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LARGEST = 65_536


def place_of(url: str, project_root: Path) -> str:
    """The name under which the notes of the log at ``url`` are kept: where it is, without credentials and options."""
    if url_scheme(url) in SQLITE_SCHEMES:
        return f"sqlite:///{sqlite_path(url, project_root).resolve()}"
    parts = urlsplit(url)
    schemas = [option for option in parts.query.split("&") if option.startswith("schema=")]
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{'?' if schemas else ''}{'&'.join(schemas)}"


def furthest(heads: Iterable[SeenHead]) -> SeenHead | None:
    """The one of ``heads`` that covers most events."""
    return max(heads, key=lambda head: head.seq, default=None)


class Notes:
    """The notes of one log.

    Args:
        place: See :func:`place_of`.
    """

    def __init__(self, place: str) -> None:
        self.place = place

    @property
    def path(self) -> Path:
        """The file; need not exist."""
        return user_folder() / "audit" / f"{hashlib.sha256(self.place.encode()).hexdigest()[:32]}.jsonl"

    def read(self) -> list[SeenHead]:
        """The heads in the order they were noted; a line that a power cut left half written is passed over."""
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        return [head for head in map(_parse, lines) if head is not None]

    def add(self, head: SeenHead) -> None:
        """Note ``head``; several processes may do so at once."""
        try:
            try:
                _append(self.path, self._line(head))
            except FileNotFoundError:
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                _append(self.path, self._line(head))
        except OSError:
            return

    def condense(self) -> None:
        """Keep the furthest heads alone when there are many; only for notes that fit their chain."""
        try:
            heads = self.read() if self.is_long() else []
            if not heads:
                return
            kept = dict.fromkeys((furthest(head for head in heads if head.signature), furthest(heads)))
            partial = self.path.with_name(f"{self.path.name}.{os.urandom(6).hex()}")
            partial.write_bytes(b"".join(self._line(head) for head in kept if head is not None))
            partial.replace(self.path)
        except OSError:
            return

    def is_long(self) -> bool:
        """Whether :meth:`condense` would shorten them."""
        try:
            return self.path.stat().st_size >= LARGEST
        except OSError:
            return False

    def set_aside(self) -> None:
        """Begin anew; what was noted stays beside, in a file that nobody reads by itself."""
        if self.path.exists():
            self.path.replace(self.path.with_name(f"{self.path.name}.{os.urandom(4).hex()}.old"))

    def _line(self, head: SeenHead) -> bytes:
        text = json.dumps({"log": self.place, **head.to_json()}, ensure_ascii=False)
        return text.encode("utf-8", "replace") + b"\n"


def _append(path: Path, data: bytes) -> None:
    # One write at the end of the file: lines of several processes do not mix.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)


def _parse(line: str) -> SeenHead | None:
    try:
        return head_from_json(json.loads(line))
    except (ValueError, TypeError, AttributeError):
        return None
