"""Owns where a project and its state are; it reads flowyml.yaml only when that can matter."""

from __future__ import annotations

import os
from pathlib import Path

from flowyml_infra.audit.location import default_url, nearest_project
from flowyml_infra.errors import UsageError


def project_root(path: str | Path | None = None) -> Path:
    """The folder of the project: ``path``, else the nearest parent of the working directory with a flowyml.yaml.

    Without any, the working directory is the project.

    Raises:
        UsageError: ``path`` is no folder.
    """
    if path is not None:
        root = Path(path).resolve()
        if not root.is_dir():
            raise UsageError(f"{path} is not a folder", code="usage.project", hint="name the folder of flowyml.yaml")
        return root
    return nearest_project(Path.cwd())


def locate_state(root: Path, given: str | None = None) -> str:
    """The state's URL: ``given``, else ``FLOWYML_STATE_URL``, else ``state.url`` in flowyml.yaml, else the default.

    A relative SQLite path starts at ``root``.
    """
    url = given or os.environ.get("FLOWYML_STATE_URL") or _configured(root) or default_url()
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith("sqlite:////"):
        return f"{prefix}{root / url.removeprefix(prefix)}"
    return url


def _configured(root: Path) -> str | None:
    path = root / "flowyml.yaml"
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    # Most projects configure no state; then the file need not be parsed. An escape could spell the word otherwise.
    if b"state" not in data and b"\\" not in data:
        return None
    from flowyml_infra.definition.project_config import ProjectConfig

    return ProjectConfig.load(root).state_url
