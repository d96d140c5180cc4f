"""Owns artifacts in a folder on this machine.

It uses the operating system and not fsspec, which takes 0.1 s to import and cannot map a file into memory. Bytes go to
a temporary file that is renamed, so an object is whole or not there; after a loss of power it may be there and not
whole, which its digest shows.
"""

from __future__ import annotations

import mmap
import os
import threading
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from flowyml_infra.errors import PipelineError
from flowyml_infra.runtime.artifacts.artifact import object_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.runtime.materializers.materializer import Buffer

_MAPPED_FROM: Final = 1 << 20
"""Objects of this many bytes are mapped instead of read: pages are loaded on use and copied when written to."""
_numbers = count()


class LocalArtifactStore:
    """Artifacts in a folder.

    Args:
        path: The folder, or its ``file://`` URI; made when the first artifact is stored.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(local_path(os.fspath(path))).absolute()
        self._root = str(self.path)
        self._uri = self.path.as_uri()

    def __repr__(self) -> str:
        return f"LocalArtifactStore({self._root!r})"

    @property
    def uri(self) -> str:
        """The folder as a ``file://`` URI."""
        return self._uri

    def put(self, digest: str, pieces: Sequence[Buffer], size: int) -> None:
        """See :class:`flowyml_infra.runtime.artifacts.store.ArtifactStore`."""
        if self.holds(digest, size):
            return
        target = self._place(digest)
        temporary = f"{target}.{os.getpid()}.{threading.get_ident()}.{next(_numbers)}.tmp"
        try:
            try:
                _write(temporary, pieces)
            except FileNotFoundError:
                Path(target).parent.mkdir(parents=True, exist_ok=True)
                _write(temporary, pieces)
            os.replace(temporary, target)  # noqa: PTH105 -- this runs for every output of every step
        except BaseException as error:
            Path(temporary).unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise _refused(f"{target} cannot be written", error) from error
            raise

    def get(self, digest: str, size: int) -> memoryview:
        """See :class:`flowyml_infra.runtime.artifacts.store.ArtifactStore`."""
        path = self._place(digest)
        try:
            with open(path, "rb", buffering=0) as file:  # noqa: PTH123
                if size >= _MAPPED_FROM and os.fstat(file.fileno()).st_size == size:
                    return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
                return memoryview(bytearray(file.readall()))
        except FileNotFoundError as error:
            raise PipelineError(
                f"there is no artifact {path}",
                code="artifact.missing",
                hint="run the pipeline again; the step that made it then runs again",
            ) from error
        except OSError as error:
            raise _refused(f"{path} cannot be read", error) from error

    def holds(self, digest: str, size: int) -> bool:
        """See :class:`flowyml_infra.runtime.artifacts.store.ArtifactStore`."""
        try:
            return os.stat(self._place(digest)).st_size == size  # noqa: PTH116
        except OSError:
            return False

    def _place(self, digest: str) -> str:
        return f"{self._root}/{object_path(digest)}"


def local_path(uri: str) -> str:
    """The path that ``uri`` names: a ``file://`` URI, or a path already."""
    if not uri.lower().startswith("file:"):
        return uri
    parts = urlsplit(uri)
    # file://rel/ative, with two slashes, is how a manifest names a path in the project.
    return unquote(parts.netloc + parts.path)


def _write(path: str, pieces: Sequence[Buffer]) -> None:
    with open(path, "xb", buffering=0) as file:  # noqa: PTH123
        for piece in pieces:
            rest = memoryview(piece)
            while rest.nbytes:
                # Linux writes at most 2 GiB at a time.
                rest = rest[file.write(rest) :]


def _refused(what: str, error: OSError) -> PipelineError:
    return PipelineError(f"{what}: {error.strerror or error}", code="artifact.io", hint="check space and permissions")
