"""Owns ``destroy``: the removal of what a stack made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Arguments, Command, field
from flowyml_infra.cli.arguments.selection import AUTO_APPROVE, FORCE_ENV, PARALLELISM, STACK
from flowyml_infra.cli.commands.apply import carry_out

if TYPE_CHECKING:
    from flowyml_infra.cli.exits import Exit
    from flowyml_infra.cli.session import Session


class DestroyArguments(Arguments):
    """The arguments of ``destroy``."""

    stack: str | None = field(STACK, default=None)
    auto_approve: bool = field(AUTO_APPROVE, default=False)
    parallelism: int = field(PARALLELISM, default=10)
    force_env: bool = field(FORCE_ENV, default=False)


def run(arguments: DestroyArguments, session: Session) -> Exit:
    """Plan the removal, ask, carry it out."""
    from flowyml_infra.plan.plan import PlanOptions

    planned = session.project.plan(
        arguments.stack,
        env=session.options.env,
        options=PlanOptions(destroy=True),
        force_env=arguments.force_env,
    )
    return carry_out(planned, session, ask=not arguments.auto_approve, parallelism=arguments.parallelism)


COMMAND = Command(
    DestroyArguments,
    run,
    "Plan the removal of everything that is recorded of a stack, ask, and carry it out.\n"
    "A protected resource refuses, and so does one on this machine that holds data without force_destroy, before\n"
    "anything goes; one with on_destroy: retain is forgotten and stays. `plan --destroy` only shows.",
    (
        ("destroy", "the active stack"),
        ("destroy prod --env staging", "a stack by name, in an environment"),
        ("plan --destroy", "only show what would go"),
    ),
)
