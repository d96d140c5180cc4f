"""Owns ``init``: a new project from a starter."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from flowyml_infra.bundled import bundled_path
from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, option, positional
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.init import InitHuman, InitJson
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import UsageError

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session

_LEFT_OUT = frozenset({"__pycache__", ".flowyml", ".ruff_cache", ".mypy_cache", ".pytest_cache"})
_SHARED = "shared"
"""The folder of what starters have in common; a file of the starter's own goes before one of the same name there."""


class InitArguments(Arguments):
    """The arguments of ``init``."""

    directory: str | None = field(positional("DIR", "the project's folder (default: this one)"), default=None)
    template: str = field(option("--template", "NAME", "which starter (default: local)"), default="local")


def run(arguments: InitArguments, session: Session) -> Exit:
    """Copy the starter, and say what there is now."""
    target = Path(arguments.directory or ".")
    files = copy_template(arguments.template, target)
    session.view(InitHuman, InitJson).show(target, arguments.template, files)
    return Exit.DONE


def templates() -> list[str]:
    """The starters there are, by name."""
    return sorted(path.parent.name for path in bundled_path("stacks").glob("*/flowyml.yaml"))


def copy_template(name: str, target: Path) -> list[str]:
    """Copy the starter ``name`` into ``target`` and return the files it consists of.

    Raises:
        UsageError: There is no such starter, or a file of it is there already; nothing was written.
    """
    known = templates()
    if name not in known:
        hint = did_you_mean(name, known) or f"there are: {', '.join(known)}"
        raise UsageError(f"there is no template {name!r}", code="usage.template", hint=hint)
    files = _files(bundled_path("stacks", _SHARED)) | _files(bundled_path("stacks", name))
    for path in files:
        if (target / path).exists():
            raise UsageError(
                f"{target / path} is there already, so nothing was written",
                code="usage.exists",
                hint="name a new folder",
            )
    for path, source in files.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / path)
    return [path.as_posix() for path in sorted(files)]


def _files(folder: Path) -> dict[Path, Path]:
    """The files in ``folder`` by their path within it."""
    found = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {path: source for path, source in found.items() if not _LEFT_OUT.intersection(path.parts)}


COMMAND = Command(
    InitArguments,
    run,
    "Write a project from a starter: flowyml.yaml, a stack definition, a pipeline and its data.\nWrites over nothing.",
    (
        ("init my-project", "the starter for this machine, in a new folder"),
        ("init my-project --template aws", "one for a cloud: aws, azure, gcp, kubernetes, or hybrid"),
    ),
)
