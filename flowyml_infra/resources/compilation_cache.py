"""Owns compiled definitions on disk: one file for each request, written whole, and believed only when it proves itself.

An entry is three lines: a header with the SHA-256 of the rest, the record of inputs, and the compiled definition, both
as JSON. Its name is bound to the request, to this version of the code and to this very folder on this machine, so an
entry that came along with a copied or cloned project is not one of ours and is never read. Whatever cannot be read or
written is as good as absent: a cache must not be able to fail a command.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from flowyml_infra.version import __version__
from flowyml_infra.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.resolution.inputs import Record
    from flowyml_infra.resources.values import Json

CONFIG_NAME = "flowyml.yaml"
CACHE_FOLDER = ".flowyml/cache/compiled"
MOST_ENTRIES = 32
_MAGIC = b"flowyml-infra compiled 1 "
_NOTE = ".note"
_CODE = ("definition", "resolution", "resources", "resources/kinds", "outputs", "plan", "policy", "policy/rules")


class CacheEntry(NamedTuple):
    """What one file holds: the inputs it was made from, and the compiled definition as JSON text.

    ``digest`` is that of the file an entry was read from.
    """

    record: Record
    compiled: bytes
    digest: str = ""


class CompilationCache:
    """The cache of the project at ``root``."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / CACHE_FOLDER

    def load(self, request: Json) -> CacheEntry | None:
        """The entry for ``request``, or None when there is none that is whole and ours."""
        data = _read(self._path(request))
        return None if data is None else _unpack(data)

    def store(self, request: Json, entry: CacheEntry) -> None:
        """Keep ``entry`` for ``request``, and let the oldest ones go. A folder that is no project is left as it is."""
        self._keep(self._path(request), _pack(entry))

    def load_note(self, request: Json) -> Json:
        """What was noted beside the entry for ``request``; None when that is nothing, or not whole and ours."""
        data = _read(self._path(request).with_suffix(_NOTE)) or b""
        head, _, body = data.partition(b"\n")
        return cast("Json", json.loads(body)) if head == _sealed(body) else None

    def store_note(self, request: Json, note: Json) -> None:
        """Note something beside the entry for ``request``, in place of what was noted before."""
        body = json.dumps(note).encode()
        self._keep(self._path(request).with_suffix(_NOTE), _sealed(body) + b"\n" + body)

    def _keep(self, path: Path, data: bytes) -> None:
        if not any((self._root / name).exists() for name in (CONFIG_NAME, ".flowyml")):
            return
        try:
            self._make_folder()
            write_whole(path, data)
            self._evict()
        except OSError:
            return

    def _make_folder(self) -> None:
        if not self._folder.is_dir():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self._folder.parent / ".gitignore").write_text("*\n", encoding="utf-8")

    def _path(self, request: Json) -> Path:
        place = self._root.stat()
        key = [request, __version__, list(sys.version_info[:3]), list(_code_state()), str(self._root)]
        text = json.dumps([key, place.st_dev, place.st_ino, _user()], sort_keys=True)
        return self._folder / hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]

    def _evict(self) -> None:
        entries = sorted(os.scandir(self._folder), key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
        for entry in entries[MOST_ENTRIES:]:
            Path(entry.path).unlink(missing_ok=True)


def _pack(entry: CacheEntry) -> bytes:
    body = json.dumps(entry.record).encode() + b"\n" + entry.compiled
    return _sealed(body) + b"\n" + body


def _unpack(data: bytes) -> CacheEntry | None:
    header, _, body = data.partition(b"\n")
    if header != _sealed(body):
        return None
    record, _, compiled = body.partition(b"\n")
    return CacheEntry(cast("Record", json.loads(record)), compiled, header[len(_MAGIC) :].decode())


def _sealed(body: bytes) -> bytes:
    """The first line of a file with ``body`` in it."""
    return _MAGIC + hashlib.sha256(body).hexdigest().encode()


def _read(path: Path) -> bytes | None:
    """The file at ``path``, or None when there is none that only this user can have written."""
    try:
        with path.open("rb") as file:
            return file.read() if _is_private(os.fstat(file.fileno())) else None
    except OSError:
        return None


def _is_private(status: os.stat_result) -> bool:
    """Whether only this user can have written the file."""
    return os.name != "posix" or (status.st_uid == _user() and not status.st_mode & 0o077)


def _user() -> int:
    return os.getuid() if os.name == "posix" else 0


def _code_state() -> Iterator[str]:
    """What changes when the code that compiles does, also where the version stays, as in an editable install."""
    package = Path(__file__).resolve().parent.parent
    for folder in _CODE:
        try:
            for entry in sorted(os.scandir(package / folder), key=lambda entry: entry.name):
                if entry.name.endswith(".py"):
                    status = entry.stat()
                    yield f"{folder}/{entry.name} {status.st_size} {status.st_mtime_ns}"
        except OSError:
            yield folder
