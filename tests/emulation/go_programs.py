"""Owns how a program is built from its Go module, at a fixed version, in a module of our own.

``go install PACKAGE@VERSION`` refuses modules that replace others, as Pulumi and Kubernetes do. In a module of our own
the same packages build, with the replacements written out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

BUILD_TIMEOUT_SECONDS = 3600


@dataclass(frozen=True)
class GoPrograms:
    """Some programs of one Go module."""

    module: str
    version: str
    packages: tuple[str, ...]
    """Import paths of the commands; a program is called as the last part of its path."""
    variables: dict[str, str] = field(default_factory=dict)
    """String variables that the linker sets: the versions that a program reports."""
    replaced: dict[str, str] = field(default_factory=dict)
    """Modules that are taken from elsewhere: path to ``path@version``."""


def build(programs: GoPrograms, into: Path) -> None:
    """Build ``programs`` into the folder ``into``; what is needed on the way is removed again.

    Raises:
        RuntimeError: Go is not installed, or it refused; the message carries its last lines.
    """
    work = into / ".work"
    work.mkdir()
    _go(work, "mod", "init", "example.invalid/testbed")
    for path, target in sorted(programs.replaced.items()):
        _go(work, "mod", "edit", f"-replace={path}={target}")
    for package in programs.packages:
        _go(work, "get", "-tool", f"{package}@{programs.version}")
    flags = " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in programs.variables.items())])
    _go(work, "build", "-trimpath", "-ldflags", flags, "-o", str(into) + os.sep, *programs.packages)
    shutil.rmtree(work)


def local_replacements(module: str, version: str, replaced_version: str) -> dict[str, str]:
    """The modules that ``module`` replaces by folders of its own, each with the version it was published as."""
    downloaded = json.loads(_go(Path.cwd(), "mod", "download", "-json", f"{module}@{version}"))
    described = json.loads(_go(Path.cwd(), "mod", "edit", "-json", downloaded["GoMod"]))
    folders = [item["Old"]["Path"] for item in described.get("Replace") or [] if item["New"]["Path"].startswith("./")]
    return {path: f"{path}@{replaced_version}" for path in folders}


def _go(folder: Path, *arguments: str) -> str:
    go = shutil.which("go")
    if go is None:
        raise RuntimeError("the test bed builds programs with Go 1.25 or later, and there is no `go` on the PATH")
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod -buildvcs=false", "GOWORK": "off"}
    done = subprocess.run(
        [go, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=BUILD_TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"`go {' '.join(arguments)}` failed:\n{done.stderr[-2000:]}")
    return done.stdout
