"""Owns which stack arguments are paths of manifests, and which file each of them is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import ResolutionError

if TYPE_CHECKING:
    from flowyml_infra.resolution.inputs import Inputs

_SUFFIXES = (".yaml", ".yml", ".json")


def is_name(text: str) -> bool:
    """Whether ``text`` is a stack's name, and not a path or URI: it has no slash and does not end as manifests do."""
    return "/" not in text and "\\" not in text and not text.lower().endswith(_SUFFIXES)


def locate_manifest(text: str, root: Path, inputs: Inputs) -> Path:
    """The absolute path of the manifest that ``text`` names, relative to the working directory or else to ``root``.

    Raises:
        ResolutionError: There is no such file.
    """
    given = Path(_file_path(text))
    candidates = [Path.cwd() / given, root / given]
    for path in dict.fromkeys(candidates):
        if path.is_dir():
            raise ResolutionError(
                f"{text} is a folder", code="resolution.folder", hint="name one manifest in it, or a stack"
            )
        if inputs.read(path) is not None:
            return path
    siblings = [path.name for folder in {path.parent for path in candidates} for path in inputs.manifests(folder)]
    raise ResolutionError(
        f"there is no manifest {text}",
        code="resolution.no_manifest",
        hint=did_you_mean(given.name, siblings) or "a stack that has a name is found by it, without a path",
        detail="looked for: " + ", ".join(str(path) for path in dict.fromkeys(candidates)),
    )


def _file_path(text: str) -> str:
    return unquote(urlsplit(text).path) if text.lower().startswith("file://") else text
