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
    """Show which CLI is used, its version and the programs there are; 1 when there is none that can be used."""
    from flowyml_infra.apply.engines.pulumi.cli import VERSION, find_cli

    view = session.view(EngineHuman, EngineJson)
    try:
        cli = find_cli()
    except EngineUnavailableError as error:
        view.missing(error, VERSION)
        return Exit.ERROR
    view.show(str(cli.path), cli.version, VERSION)
    return Exit.DONE


def install(arguments: NoArguments, session: Session) -> Exit:  # noqa: ARG001 -- there are none
    """Put the CLI into the user's cache."""
    from flowyml_infra.apply.engines.pulumi.cli import VERSION, version_of
    from flowyml_infra.apply.engines.pulumi.installation import install as put

    cli = put(session.progress)
    session.view(EngineHuman, EngineJson).show(str(cli), version_of(cli), VERSION)
    return Exit.DONE


STATUS = Command(
    NoArguments,
    status,
    "Show which Pulumi CLI is used: the one that FLOWYML_PULUMI names, one on PATH, or the one in the user's cache.",
    (("engine status", "where it is, and which version"),),
)
INSTALL = Command(
    NoArguments,
    install,
    "Put the Pulumi CLI into the user's cache: downloaded, or built from its Go module where that is not possible.",
    (("engine install", "once on a machine"),),
)
