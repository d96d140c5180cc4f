"""Owns the finding of the Pulumi CLI: a path that is configured, PATH, the managed cache."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Final

from flowyml_infra.errors import EngineUnavailableError

VARIABLE: Final = "FLOWYML_PULUMI"
"""Names the CLI, or the folder that has it as ``bin/pulumi``."""
VERSION: Final = "3.250.0"
"""The version that is installed, and that this version of the library is tested with."""
OLDEST: Final = (3, 200, 0)
"""The oldest version that does all that is asked of it: hooks came with it."""


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


def version_of(cli: Path) -> str:
    """The version that ``cli`` reports.

    Raises:
        EngineUnavailableError: It does not run, or is none that can be used.
    """
    try:
        text = _reported(cli, cli.stat().st_mtime_ns)
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineUnavailableError(
            f"{cli} does not run as the Pulumi CLI: {error}", code="engine.cli", hint="`flowyml-infra engine install`"
        ) from error
    version = text.strip().removeprefix("v")
    parts = version.partition("-")[0].split(".")
    numbers = tuple(int(part) for part in parts if part.isdecimal())
    if len(numbers) != len(OLDEST) or numbers < OLDEST or numbers[0] != OLDEST[0]:
        wanted = ".".join(map(str, OLDEST))
        raise EngineUnavailableError(
            f"{cli} reports version {version or 'nothing'}, and {wanted} or a newer one of the same major is needed",
            code="engine.cli",
            hint="`flowyml-infra engine install` puts one into the user's cache",
        )
    return version


@lru_cache
def _reported(cli: Path, changed: int) -> str:
    """What the program says of its version; asked once for as long as the file is the same."""
    del changed
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    return subprocess.run(  # noqa: S603 - the user's own CLI
        [str(cli), "version"], env=environment, capture_output=True, text=True, check=True, timeout=60
    ).stdout


def _configured(path: Path) -> Path:
    for candidate in (path, path / "bin" / "pulumi"):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise EngineUnavailableError(
        f"{VARIABLE} names {path}, and there is no Pulumi CLI",
        code="engine.no_cli",
        hint="name the program, or the folder that has it as bin/pulumi; or take the variable away",
    )
