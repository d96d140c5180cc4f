"""Owns artifacts wherever fsspec reaches; the filesystem's own package has to be installed for it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.errors import EngineUnavailableError, PipelineError
from flowyml_infra.runtime.artifacts.artifact import object_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.runtime.materializers.materializer import Buffer

_EXTRAS: Final = {
    "s3": "aws",
    "s3a": "aws",
    "gs": "gcp",
    "gcs": "gcp",
    "abfs": "azure",
    "abfss": "azure",
    "az": "azure",
    "adl": "azure",
}
"""Which extra of this package has the filesystem for a scheme."""


class RemoteArtifactStore:
    """Artifacts under a URI.

    Args:
        uri: For example ``s3://bucket/prefix``; the credentials are those that its filesystem finds by itself.
        options: What its filesystem takes beside that.
    """

    def __init__(self, uri: str, **options: object) -> None:
        self._uri = uri.rstrip("/")
        self._options = options

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._uri!r})"

    @property
    def uri(self) -> str:
        """Where it is."""
        return self._uri

    @cached_property
    def _filesystem(self) -> tuple[Any, str]:
        """The filesystem, and the path of the store in it.

        Raises:
            EngineUnavailableError: There is no filesystem for the scheme here.
        """
        from fsspec.core import url_to_fs

        scheme = self._uri.partition(":")[0].lower()
        try:
            filesystem, path = url_to_fs(self._uri, **self._options)
        except (ImportError, ValueError) as error:
            extra = _EXTRAS.get(scheme)
            raise EngineUnavailableError(
                f"artifacts cannot be kept at {self._uri}: {error}",
                code="artifact.filesystem",
                hint=f"pip install 'flowyml-infra[{extra}]'" if extra else f"install an fsspec filesystem for {scheme}",
            ) from error
        return filesystem, path

    def put(self, digest: str, pieces: Sequence[Buffer], size: int) -> None:
        """See :class:`flowyml_infra.runtime.artifacts.store.ArtifactStore`.

        An upload that breaks off can leave fewer bytes; then the size differs, and the object is written again.
        """
        if self.holds(digest, size):
            return
        filesystem, root = self._filesystem
        path = f"{root}/{object_path(digest)}"
        try:
            filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
            with filesystem.open(path, "wb") as file:
                for piece in pieces:
                    file.write(piece)
        except Exception as error:
            raise self._refused("written", error) from error

    def get(self, digest: str, size: int) -> memoryview:
        """See :class:`flowyml_infra.runtime.artifacts.store.ArtifactStore`."""
        filesystem, root = self._filesystem
        data = bytearray(size)
        try:
            with filesystem.open(f"{root}/{object_path(digest)}", "rb") as file:
                at = 0
                while at < size and (piece := file.read(min(size - at, 1 << 24))):
                    data[at : at + len(piece)] = piece
                    at += len(piece)
        except FileNotFoundError as error:
            raise PipelineError(
                f"there is no artifact {self._uri}/{object_path(digest)}",
                code="artifact.missing",
                hint="run the pipeline again; the step that made it then runs again",
            ) from error
        except Exception as error:
            raise self._refused("read", error) from error
        return memoryview(data)[:at]

    def holds(self, digest: str, size: int) -> bool:
        """See :class:`flowyml_infra.runtime.artifacts.store.ArtifactStore`."""
        filesystem, root = self._filesystem
        try:
            found = filesystem.info(f"{root}/{object_path(digest)}").get("size")
        except FileNotFoundError:
            return False
        except Exception as error:
            raise self._refused("looked up", error) from error
        return bool(found == size)

    def _refused(self, verb: str, error: Exception) -> PipelineError:
        return PipelineError(
            f"an artifact at {self._uri} cannot be {verb}: {error}",
            code="artifact.io",
            hint="check that the credentials of this environment may use it",
        )
