"""Owns the artifact: a value that was stored, known by its content; and the way from values to artifacts and back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.errors import PipelineError
from flowyml_infra.runtime.materializers.registry import materializer_for, materializer_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.runtime.artifacts.store import ArtifactStore
    from flowyml_infra.runtime.materializers.materializer import Buffer


@dataclass(frozen=True, slots=True)
class Artifact:
    """A stored value.

    Attributes:
        store: The URI of the store that has it.
        digest: SHA-256 of its bytes, in hexadecimal.
        size: Bytes.
        format: The name of the form that it is in.
        type: The type of the value, for people.
    """

    store: str
    digest: str
    size: int
    format: str
    type: str

    @property
    def path(self) -> str:
        """Where it is, relative to the store's URI."""
        return object_path(self.digest)

    @property
    def uri(self) -> str:
        """Where it is."""
        return f"{self.store.rstrip('/')}/{self.path}"


def object_path(digest: str) -> str:
    """Where the content of this SHA-256 is in a store."""
    return f"objects/sha256/{digest[:2]}/{digest[2:]}"


def save(value: object, store: ArtifactStore) -> Artifact:
    """Store ``value``; nothing is written when its content is there already.

    Raises:
        PipelineError: The value cannot be turned into bytes, or they cannot be written.
    """
    form, pieces, digest, size = serialise(value)
    store.put(digest, pieces, size)
    return Artifact(store.uri, digest, size, form, type_name(value))


def serialise(value: object) -> tuple[str, Sequence[Buffer], str, int]:
    """The form of ``value``, its bytes in pieces, their SHA-256 and how many they are.

    Raises:
        PipelineError: It cannot be turned into bytes.
    """
    materializer = materializer_for(value)
    try:
        pieces = materializer.dump(value)
    except Exception as error:
        raise PipelineError(
            f"a {type_name(value)} cannot be stored: {error}",
            code="artifact.unstorable",
            hint="give back plain data, or register a materializer for the type",
        ) from error
    hasher = hashlib.sha256()
    size = 0
    for piece in pieces:
        hasher.update(piece)
        size += memoryview(piece).nbytes
    return materializer.format, pieces, hasher.hexdigest(), size


def load(artifact: Artifact, store: ArtifactStore) -> object:
    """The value of ``artifact``, after its bytes were checked against its digest.

    Raises:
        PipelineError: It is gone, damaged, or in a form that nothing here reads.
    """
    materializer = materializer_of(artifact.format)
    data = store.get(artifact.digest, artifact.size)
    if data.nbytes != artifact.size or hashlib.sha256(data).hexdigest() != artifact.digest:
        raise PipelineError(
            f"the artifact {artifact.uri} is not what was stored",
            code="artifact.damaged",
            hint="remove the file and run the pipeline again; the step that made it then runs again",
        )
    try:
        return materializer.load(data)
    except Exception as error:
        raise PipelineError(
            f"the artifact {artifact.uri}, a {artifact.type}, cannot be read: {error}",
            code="artifact.unreadable",
            hint="its class has to be importable here, in a version that can read what was stored",
        ) from error


def type_name(value: object) -> str:
    """The type of ``value`` as people name it."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
