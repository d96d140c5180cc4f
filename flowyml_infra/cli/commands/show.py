"""Owns ``show``: what is recorded of a stack, or what a saved plan holds."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, positional
from flowyml_infra.cli.commands.apply import saved_plan
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.plan.view import PlanHuman, PlanJson, Shown
from flowyml_infra.cli.views.show import DeploymentHuman, DeploymentJson
from flowyml_infra.project.known_drift import last_look

if TYPE_CHECKING:
    from pathlib import Path

    from flowyml_infra.cli.session import Session


class ShowArguments(Arguments):
    """The arguments of ``show``."""

    stack: str | None = field(
        positional("STACK|PLANFILE", "a stack (default: the active one), or a saved plan"), default=None
    )


def run(arguments: ShowArguments, session: Session) -> Exit:
    """Show the plan in the file, or the deployment."""
    path = saved_plan(arguments.stack)
    if path is not None:
        session.view(PlanHuman, PlanJson).show(_saved(path, session))
    else:
        snapshot = session.project.show(arguments.stack, session.options.env)
        session.view(DeploymentHuman, DeploymentJson).show(snapshot, last_look(session.project, snapshot.key))
    return Exit.DONE


def _saved(path: Path, session: Session) -> Shown:
    """What the plan in ``path`` said when it was saved; whether it may still be applied is for ``apply`` to say."""
    from flowyml_infra.cli.views.plan.picture import picture_of_document
    from flowyml_infra.plan.saved import load_plan

    document = load_plan(path.read_bytes(), session.project.sealer(), str(path)).document
    follow_up = f"To carry out exactly this: flowyml-infra apply {quote(str(path))}{session.selectors()}"
    return Shown(lambda: picture_of_document(document), lambda: document, follow_up)


COMMAND = Command(
    ShowArguments,
    run,
    "Show what is recorded of a stack: its resources with inputs and outputs. With a saved plan: what it would do.",
    (("show", "the active stack"), ("show today.plan", "a plan saved with `plan --out today.plan`")),
)
