"""Owns ``state …`` of the database as a whole: who may use it, under which key, and what is open in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, positional, switch
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.state_database import GrantsHuman, GrantsJson
from flowyml_infra.errors import UsageError

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session


class GrantsArguments(Arguments):
    """The arguments of ``state grants``."""

    role: str = field(positional("ROLE", "the role of those who work with this state"))
    read_only: bool = field(switch("--read-only", text="for looking and planning alone"), default=False)


def print_grants(arguments: GrantsArguments, session: Session) -> Exit:
    """Print the statements for the owner of the state's schema."""
    from flowyml_infra.audit.location import POSTGRES_SCHEMES, url_scheme
    from flowyml_infra.audit.postgresql.location import parse_location
    from flowyml_infra.state.grants import grants

    url = session.project.state_url
    if url_scheme(url) not in POSTGRES_SCHEMES:
        raise UsageError(
            "the state is a file, and whoever may write the file may work with it",
            code="usage.grants",
            hint="--state postgresql://… names a state that rights are granted in",
        )
    statements = grants(parse_location(url).schema, arguments.role, read_only=arguments.read_only)
    session.view(GrantsHuman, GrantsJson).show(statements)
    return Exit.DONE


GRANTS = Command(
    GrantsArguments,
    print_grants,
    "Print the rights that a PostgreSQL role needs for working with this state, as SQL for the owner of its schema.\n"
    "Such a role can neither change tables nor edit or remove audit events.",
    (
        ('state grants deployer | psql "$OWNERS_URL"', "let a role apply"),
        ("state grants viewer --read-only", "let a role look and plan"),
    ),
)
