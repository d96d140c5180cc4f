"""Owns the finding of the Pulumi CLI: a path that is configured, PATH, the managed cache."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from flowyml_infra.errors import EngineUnavailableError

VARIABLE: Final = "FLOWYML_PULUMI"
"""Names the CLI, or the folder that has it as ``bin/pulumi``."""
VERSION: Final = "3.250.0"
"""The version that is installed, and that this version of the library is tested with."""


def managed_root() -> Path:
    """The folder that holds the CLI that this library installs, whether it is there or not."""
    import platformdirs

    return platformdirs.user_cache_path("flowyml-infra") / "engine" / f"pulumi-{VERSION}"


def find_cli() -> Path:
    """The CLI.

    Raises:
        EngineUnavailableError: There is none, or what is configured is none.
    """
    configured = os.environ.get(VARIABLE)
    if configured:
        return _configured(Path(configured))
    found = shutil.which("pulumi")
    if found is not None:
        return Path(found)
    managed = managed_root() / "bin" / "pulumi"
    if managed.is_file():
        return managed
    raise EngineUnavailableError(
        "the Pulumi CLI, which makes things in clouds and clusters, is not on this machine",
        code="engine.no_cli",
        hint=f"`flowyml-infra engine install` puts version {VERSION} into the user's cache",
    )


def _configured(path: Path) -> Path:
    for candidate in (path, path / "bin" / "pulumi"):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise EngineUnavailableError(
        f"{VARIABLE} names {path}, and there is no Pulumi CLI",
        code="engine.no_cli",
        hint="name the program, or the folder that has it as bin/pulumi; or take the variable away",
    )
