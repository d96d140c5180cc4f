"""Owns ``doctor``: what works on this machine and in this project, and what to do about what does not."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from flowyml_infra.cli.arguments.declaration import Command, NoArguments
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.doctor import DoctorHuman, DoctorJson
from flowyml_infra.errors import EngineUnavailableError, InfraError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.cli.session import Session
    from flowyml_infra.project import Project

_EXTRAS = {
    "aws": "pulumi_aws",
    "gcp": "pulumi_gcp",
    "azure": "pulumi_azure_native",
    "kubernetes": "pulumi_kubernetes",
    "postgresql": "psycopg",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: ``ok``, ``absent`` when it is only needed for some things, or ``failed``."""

    name: str
    status: Literal["ok", "absent", "failed"]
    text: str
    hint: str | None = None


def run(arguments: NoArguments, session: Session) -> Exit:  # noqa: ARG001 -- there are none
    """Look at everything; what failed is an error."""
    findings = list(_examine(session))
    session.view(DoctorHuman, DoctorJson).show(findings)
    return Exit.ERROR if any(finding.status == "failed" for finding in findings) else Exit.DONE


def _examine(session: Session) -> Iterator[Finding]:
    from flowyml_infra.version import __version__

    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("flowyml-infra", "ok", f"{__version__}, on Python {version}")
    yield _bundled()
    yield from _project(session)
    yield Finding("engine local", "ok", "embedded: directories, SQLite databases, an image registry in a folder")
    yield from _pulumi(session)
    yield from _record(session)
    for extra, module in _EXTRAS.items():
        if find_spec(module):
            yield Finding(f"extra {extra}", "ok", "installed")
        else:
            yield Finding(f"extra {extra}", "absent", "not installed", f"pip install 'flowyml-infra[{extra}]'")


def _bundled() -> Finding:
    from flowyml_infra.bundled import bundled_path
    from flowyml_infra.cli.commands.init import templates

    try:
        bundled_path("state")
        return Finding("bundled files", "ok", f"starters: {', '.join(templates())}")
    except FileNotFoundError as error:
        return Finding("bundled files", "failed", str(error))


def _project(session: Session) -> Iterator[Finding]:
    try:
        project = session.project
        named = project.root / "flowyml.yaml"
        if named.is_file():
            assert project.config is not None  # noqa: S101 -- reading it is the check
            yield Finding("project", "ok", str(named))
        else:
            yield Finding("project", "absent", f"no flowyml.yaml in or above {project.root}", "flowyml-infra init")
    except InfraError as error:
        yield Finding("project", "failed", error.message, "flowyml-infra validate")
        return
    try:
        reader = project.reader()
        count = len(reader.deployments())
        yield Finding("state", "ok", f"{reader.url}, {count} deployment{'' if count == 1 else 's'}")
        yield from _copies(project)
    except InfraError as error:
        yield Finding("state", "failed", error.message, error.hint)


def _copies(project: Project) -> Iterator[Finding]:
    """What upgrades of the state kept: it is needed no more once the state has proved to work."""
    from flowyml_infra.state.upgrade_copies import find_copies

    for copy in find_copies(project.state_url, project.root):
        yield Finding("state before an upgrade", "ok", copy.name, f"once it is not needed: {copy.removal}")


def _pulumi(session: Session) -> Iterator[Finding]:
    from flowyml_infra.apply.engines.pulumi.cli import VERSION, find_cli
    from flowyml_infra.project.engine_settings import engine_settings

    try:
        named = engine_settings(session.project.config).cli
    except UsageError as error:
        yield Finding("engine settings", "failed", error.message, error.hint)
        named = None
    except InfraError:
        named = None  # told as the project's own problem
    try:
        cli = find_cli(named)
        if cli.passed_over is not None:
            yield Finding("engine pulumi on PATH", "absent", f"{cli.passed_over}; it is passed over", "update it")
        tested = "" if cli.version == VERSION else f", tested with {VERSION}"
        yield Finding("engine pulumi", "ok", f"the Pulumi CLI {cli.version}, {cli.path}, from {cli.origin}{tested}")
    except EngineUnavailableError as error:
        status: Literal["absent", "failed"] = "absent" if error.code == "engine.no_cli" else "failed"
        yield Finding("engine pulumi", status, f"{error.message}; needed for clouds and clusters alone", error.hint)


def _record(session: Session) -> Iterator[Finding]:
    """Where the engine's own record is, and whether this user gets there."""
    from flowyml_infra.project.engine_settings import effective_settings, engine_backend

    try:
        place = next(item.value for item in effective_settings(session.project) if item.name == "backend")
        there = engine_backend(session.project).used()
        yield Finding("engine record", "ok", place if there else f"{place}, made by the first apply that needs it")
    except EngineUnavailableError as error:
        status: Literal["absent", "failed"] = "absent" if error.code == "engine.backend_rights" else "failed"
        yield Finding("engine record", status, f"{error.message}; needed for clouds and clusters alone", error.hint)
    except InfraError:
        return  # told as a problem of the project, its state or its settings


COMMAND = Command(
    NoArguments,
    run,
    "Check this machine and this project: the installation, the project's files, the state, the engines.",
    (("doctor", "a list of what works"), ("doctor --json", "for a bug report")),
)
