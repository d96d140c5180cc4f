"""Owns which folder is the project."""

from __future__ import annotations

from pathlib import Path

CONFIG_NAME = "flowyml.yaml"


def project_root(path: str | Path | None = None) -> Path:
    """The folder of the project: ``path``, else the nearest parent of the working directory with a flowyml.yaml.

    Without any, the working directory is the project.
    """
    if path is not None:
        return Path(path).resolve()
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / CONFIG_NAME).is_file()), here)
