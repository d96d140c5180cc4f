"""Owns ``validate``: every problem of a definition at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Arguments, Command, field
from flowyml_infra.cli.arguments.selection import STACK
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.validate import ValidateHuman, ValidateJson

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session


class ValidateArguments(Arguments):
    """The arguments of ``validate``."""

    stack: str | None = field(STACK, default=None)


def run(arguments: ValidateArguments, session: Session) -> Exit:
    """Find the problems and show them; warnings alone do not fail."""
    problems = session.project.validate(arguments.stack, env=session.options.env)
    session.view(ValidateHuman, ValidateJson).show(problems)
    return Exit.ERROR if any(problem.severity == "error" for problem in problems) else Exit.DONE


COMMAND = Command(
    ValidateArguments,
    run,
    "Read a stack's definition and flowyml.yaml, and list every problem with its file, line and cure.\n"
    "Needs no state and no cloud.",
    (
        ("validate", "the active stack"),
        ("validate stacks/prod.yaml", "a manifest"),
        ("validate --json", "for an editor or a CI job"),
    ),
)
