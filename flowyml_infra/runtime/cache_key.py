"""Owns the key that a step's results are found by again: code, content of the inputs, and parameters."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.runtime.artifacts.artifact import serialise
from flowyml_infra.runtime.fingerprint import code_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.runtime.step import Step

_FORMAT: Final = "1"


def cache_key(step: Step[..., Any], inputs: Mapping[str, str], params: Mapping[str, object], store: str) -> str:
    """SHA-256 over everything that decides what ``step`` gives, in hexadecimal; empty when it is not to be cached.

    Args:
        step: The step.
        inputs: The digest of each input's content, by parameter.
        params: The value of each context parameter, by parameter.
        store: The URI of the artifact store, as results in another one are of no use.

    Raises:
        OpaqueError: The code holds something that has no digest.
        PipelineError: A parameter has no digest.
    """
    cache = step.options.cache
    if cache is False:
        return ""
    parts = [_FORMAT, step.name, "" if cache == "input_hash" else code_digest(step.function), store]
    parts += [f"output:{name}" for name in step.outputs]
    parts += [f"input:{name}={digest}" for name, digest in sorted(inputs.items())]
    parts += [f"param:{name}={_digest(value)}" for name, value in sorted(params.items())]
    return hashlib.sha256(
        "\0".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass")
    ).hexdigest()


def _digest(value: object) -> str:
    """The digest of a parameter; of a ``Path`` also what is there, so that a changed file counts."""
    form, _, digest, _ = serialise(value)
    return f"{form}:{digest}:{_content(value)}" if isinstance(value, Path) else f"{form}:{digest}"


def _content(path: Path) -> str:
    hasher = hashlib.sha256()
    if path.is_dir():
        for folder, folders, files in os.walk(path):
            folders.sort()
            for name in sorted(files):
                file = Path(folder, name)
                hasher.update(f"{file.relative_to(path)}\0{_file(file)}\0".encode("utf-8", "surrogateescape"))
        return hasher.hexdigest()
    return _file(path)


def _file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return type(error).__name__
