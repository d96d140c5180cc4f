"""Owns reading the manifests in an archive: in memory, member by member, and nothing is ever unpacked to disk.

An archive with a single member that could do harm where it is unpacked is refused as a whole.
"""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING

from flowyml_infra.errors import SourceRefusedError
from flowyml_infra.resolution.fetching.snapshot import check_amount, check_path, choose_files, is_manifest_name

if TYPE_CHECKING:
    from flowyml_infra.resolution.fetching.limits import Limits

_BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    RecursionError,
    NotImplementedError,
)


def read_archive(data: bytes, path: str, shown: str, limits: Limits) -> dict[str, bytes]:
    """The manifests in the archive ``data``.

    A folder at the top that everything is in, as in archives of a release, is left out of paths.

    Args:
        data: The archive.
        path: The file or folder in it; empty for the root and ``stacks``.
        shown: What messages call it; its end says which sort of archive it is.
        limits: The bounds.

    Raises:
        SourceRefusedError: It is broken, too large, or holds links, devices or paths that lead out of it.
    """
    try:
        read = _read_zip if shown.lower().endswith(".zip") else _read_tar
        found = read(data, _Members(shown, limits, path), shown, limits)
    except _BROKEN as error:
        raise SourceRefusedError(f"{shown} is no whole archive: {error}", code="source.archive") from error
    top = {name.partition("/")[0] for name in found}
    if len(top) == 1 and all("/" in name for name in found) and not choose_files(found, path):
        found = {name.partition("/")[2]: content for name, content in found.items()}
    chosen = choose_files(found, path)
    check_amount({name: len(found[name]) for name in chosen}, shown, limits)
    return {name: found[name] for name in chosen}


class _Bounded(io.RawIOBase):
    """Reads on up to a number of bytes, and refuses what is longer."""

    def __init__(self, source: io.BufferedIOBase, shown: str, limits: Limits) -> None:
        super().__init__()
        self._source, self._left = source, limits.unpacked_bytes
        self._message = f"{shown} unpacks to more than {limits.unpacked_bytes:,} bytes"

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(min(size, 2**20) if size >= 0 else 2**20)
        self._left -= len(data)
        if self._left < 0:
            raise SourceRefusedError(self._message, code="source.too_large")
        return data


class _Members:
    """The members seen so far, each judged by its name."""

    def __init__(self, shown: str, limits: Limits, named: str) -> None:
        self._shown, self._limits = shown, limits
        self._named = f"/{named}" if named else ""
        self._seen: set[str] = set()
        self._kept = 0
        self.found: dict[str, bytes] = {}

    def admit(self, name: str, *, folder: bool) -> str:
        """The path of a member."""
        path = check_path(
            name.removeprefix("./").rstrip("/") if folder else name.removeprefix("./"), self._shown, self._limits
        )
        if len(self._seen) >= self._limits.entries:
            raise SourceRefusedError(
                f"{self._shown} has more than {self._limits.entries:,} entries", code="source.too_many"
            )
        if path in self._seen and not folder:
            raise SourceRefusedError(f"{self._shown} holds {path} more than once", code="source.archive")
        self._seen.add(path)
        return path

    def wants(self, path: str, size: int) -> bool:
        """Whether a file is asked for, by its name or as a manifest, and is not too large to be read."""
        if not is_manifest_name(path) and not (self._named and f"/{path}".endswith(self._named)):
            return False
        check_amount({path: size}, self._shown, self._limits)
        self._kept += size
        if self._kept > self._limits.total_bytes:
            raise SourceRefusedError(
                f"the manifests in {self._shown} are larger than {self._limits.total_bytes:,} bytes together",
                code="source.too_large",
            )
        return True

    def refuse(self, name: str, what: str) -> SourceRefusedError:
        return SourceRefusedError(
            f"{self._shown} holds {name!r}, which is {what}",
            code="source.link",
            hint="only files and folders may be in it",
        )


def _read_tar(data: bytes, members: _Members, shown: str, limits: Limits) -> dict[str, bytes]:
    raw: io.BufferedIOBase = io.BytesIO(data)
    packed = not shown.lower().endswith(".tar")
    stream = _Bounded(gzip.GzipFile(fileobj=raw) if packed else raw, shown, limits)
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            if member.name in (".", "./") and member.isdir():
                continue
            if not (member.isreg() or member.isdir()) or member.issparse():
                raise members.refuse(member.name, "a link" if member.issym() or member.islnk() else "no plain file")
            path = members.admit(member.name, folder=member.isdir())
            if member.isreg() and members.wants(path, member.size):
                content = archive.extractfile(member)
                members.found[path] = content.read() if content is not None else b""
    return members.found


def _read_zip(data: bytes, members: _Members, shown: str, limits: Limits) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(item.file_size for item in archive.infolist()) > limits.unpacked_bytes:
            raise SourceRefusedError(
                f"{shown} unpacks to more than {limits.unpacked_bytes:,} bytes", code="source.too_large"
            )
        for item in archive.infolist():
            mode = stat.S_IFMT(item.external_attr >> 16)
            if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise members.refuse(item.filename, "a link" if mode == stat.S_IFLNK else "no plain file")
            if item.flag_bits & 1 or item.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise members.refuse(item.filename, "encrypted or packed in an unknown way")
            path = members.admit(item.orig_filename, folder=item.is_dir())
            if not item.is_dir() and members.wants(path, item.file_size):
                with archive.open(item) as content:
                    members.found[path] = content.read(limits.file_bytes + 1)
    return members.found
