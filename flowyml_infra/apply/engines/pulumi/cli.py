"""Owns the finding of the Pulumi CLI: one that is named, PATH, the managed cache; and whether it can be used."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flowyml_infra.apply.engines.pulumi.settings import CLI_VARIABLE, Setting
from flowyml_infra.errors import EngineUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION: Final = "3.250.0"
"""The version that is installed, and that this version of the library is tested with."""
OLDEST: Final = (3, 200, 0)
"""The oldest version that does all that is asked of it: hooks came with it."""
CACHE: Final = "the user's cache"


@dataclass(frozen=True, slots=True)
class Cli:
    """The CLI that is used.

    Attributes:
        path: Where it is.
        version: What it reports.
        origin: Why this one: where it is named, ``PATH``, or :data:`CACHE`.
        passed_over: What was found before it and cannot be used, in words.
    """

    path: Path
    version: str
    origin: str
    passed_over: str | None = None


def managed_root() -> Path:
    """The folder that holds the CLI that this library installs, whether it is there or not."""
    import platformdirs

    return platformdirs.user_cache_path("flowyml-infra") / "engine" / f"pulumi-{VERSION}"


def find_cli(named: Setting[str | None] | None = None) -> Cli:
    """The CLI. One on PATH that is too old or too new makes way for the one in the cache.

    Args:
        named: The CLI that is to be used; without, what its variable names, if anything.

    Raises:
        EngineUnavailableError: There is none that can be used, or what is named is none.
    """
    if named is None:
        named = Setting(os.environ.get(CLI_VARIABLE), CLI_VARIABLE)
    if named.value:
        path = _named(Path(named.value), str(named.origin))
        return Cli(path, version_of(path), str(named.origin))
    refused: list[EngineUnavailableError] = []
    for path, origin in _candidates():
        try:
            version = version_of(path)
        except EngineUnavailableError as error:
            refused.append(error)
            continue
        return Cli(path, version, origin, refused[0].message if refused else None)
    if refused:
        raise refused[0]
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
    cure = (
        f"`flowyml-infra engine install` puts version {VERSION} into the user's cache, where it is found unless "
        f"{CLI_VARIABLE} or `engine.cli` in flowyml.yaml names another one"
    )
    try:
        text = _reported(cli, cli.stat().st_mtime_ns)
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineUnavailableError(
            f"{cli} does not run as the Pulumi CLI: {error}", code="engine.cli", hint=cure
        ) from error
    version = text.strip().removeprefix("v")
    parts = version.partition("-")[0].split(".")
    numbers = tuple(int(part) for part in parts if part.isdecimal())
    if len(numbers) != len(OLDEST) or numbers < OLDEST or numbers[0] != OLDEST[0]:
        wanted = ".".join(map(str, OLDEST))
        raise EngineUnavailableError(
            f"{cli} reports version {version or 'nothing'}, and {wanted} or a newer one of the same major is needed",
            code="engine.cli",
            hint=cure,
        )
    return version


def _candidates() -> Iterator[tuple[Path, str]]:
    found = shutil.which("pulumi")
    if found is not None:
        yield Path(found), "PATH"
    managed = managed_root() / "bin" / "pulumi"
    if managed.is_file():
        yield managed, CACHE


@lru_cache
def _reported(cli: Path, changed: int) -> str:
    """What the program says of its version; asked once for as long as the file is the same."""
    del changed
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    return subprocess.run(  # noqa: S603 - the user's own CLI
        [str(cli), "version"], env=environment, capture_output=True, text=True, check=True, timeout=60
    ).stdout


def _named(path: Path, origin: str) -> Path:
    for candidate in (path, path / "bin" / "pulumi"):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise EngineUnavailableError(
        f"{origin} names {path}, and there is no Pulumi CLI",
        code="engine.cli",
        hint="name the program, or the folder that has it as bin/pulumi; or take the setting away",
    )
