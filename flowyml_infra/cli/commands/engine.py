"""Owns ``engine …``: the Pulumi CLI, by which things in clouds and clusters are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Command, NoArguments
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.engine import EngineHuman, EngineJson
from flowyml_infra.errors import EngineUnavailableError

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session


def status(arguments: NoArguments, session: Session) -> Exit:  # noqa: ARG001 -- there are none
    """Show which CLI is used, its version, and how the project wants it to work; 1 when none can be used."""
    from flowyml_infra.apply.engines.pulumi.cli import VERSION, find_cli
    from flowyml_infra.project.engine_settings import effective_settings, engine_settings

    view = session.view(EngineHuman, EngineJson)
    settings = effective_settings(session.project)
    try:
        cli = find_cli(engine_settings(session.project.config).cli)
    except EngineUnavailableError as error:
        view.missing(error, VERSION, settings)
        return Exit.ERROR
    view.show(cli, VERSION, settings)
    return Exit.DONE


def install(arguments: NoArguments, session: Session) -> Exit:  # noqa: ARG001 -- there are none
    """Put the CLI into the user's cache; say so when another one is used all the same."""
    from flowyml_infra.apply.engines.pulumi.cli import CACHE, VERSION, Cli, find_cli, version_of
    from flowyml_infra.apply.engines.pulumi.installation import install as put

    path = put(session.progress)
    session.view(EngineHuman, EngineJson).show(Cli(path, version_of(path), CACHE), VERSION, ())
    try:
        used = find_cli()
    except EngineUnavailableError as error:
        session.advise(f"It is not used: {error.message}.")
        return Exit.DONE
    if used.path != path:
        session.advise(f"{used.path} comes first: {used.origin} is looked at before the cache.")
    return Exit.DONE


STATUS = Command(
    NoArguments,
    status,
    "Show which Pulumi CLI is used: the one that FLOWYML_PULUMI or `engine.cli` in flowyml.yaml names, one on PATH,\n"
    "or the one in the user's cache; and what is set under `engine` in flowyml.yaml or by a variable, and where.",
    (("engine status", "where it is, and which version"),),
)
INSTALL = Command(
    NoArguments,
    install,
    "Put the Pulumi CLI into the user's cache: downloaded, or built from its Go module where that is not possible.\n"
    "Either is used only if its hash is the one that its maker published.",
    (("engine install", "once on a machine"),),
)
