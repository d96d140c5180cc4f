"""Owns ``apply``: a plan, the gate, the person's word, and the changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, positional, switch
from flowyml_infra.cli.arguments.selection import AUTO_APPROVE, FORCE_ENV, PARALLELISM
from flowyml_infra.cli.commands.plan import shown_plan
from flowyml_infra.cli.exits import Exit, exit_of
from flowyml_infra.cli.views.apply import ApplyHuman, ApplyJson
from flowyml_infra.cli.views.plan.view import PlanHuman
from flowyml_infra.errors import UsageError

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session
    from flowyml_infra.project import Planned
    from flowyml_infra.project.fleet import Member


_OF_STACKS = frozenset({"", ".yaml", ".yml", ".json"})
"""What a stack's name or manifest may end in."""


class ApplyArguments(Arguments):
    """The arguments of ``apply``."""

    stack: str | None = field(
        positional("STACK|PLANFILE", "a stack (default: the active one), or a saved plan"), default=None
    )
    auto_approve: bool = field(AUTO_APPROVE, default=False)
    parallelism: int = field(PARALLELISM, default=10)
    force_env: bool = field(FORCE_ENV, default=False)
    all: bool = field(switch("--all", text="apply every stack of the project"), default=False)


def run(arguments: ApplyArguments, session: Session) -> Exit:
    """Plan, or load the saved plan; ask unless that was settled; apply."""
    if arguments.all:
        return _every_stack(arguments, session)
    path = saved_plan(arguments.stack)
    if path is None:
        planned = session.project.plan(arguments.stack, env=session.options.env, force_env=arguments.force_env)
        return carry_out(planned, session, ask=not arguments.auto_approve, parallelism=arguments.parallelism)
    planned = session.project.load_plan(path)
    if session.options.env not in (None, planned.plan.key.environment):
        raise UsageError(
            f"{path} was made for {planned.plan.key}, and --env says {session.options.env}",
            hint="leave --env out: a saved plan knows its environment",
        )
    session.progress(f"Applying {path} to {planned.plan.key}.")
    return carry_out(planned, session, ask=False, parallelism=arguments.parallelism)


def _every_stack(arguments: ApplyArguments, session: Session) -> Exit:
    """Plan and apply each stack in turn: a plan can only be made when what it refers to is there."""
    from flowyml_infra.cli.commands.whole_project import for_every_stack, refuse_beside_all

    refuse_beside_all(stack=arguments.stack)
    env = session.options.env

    def one(member: Member) -> tuple[Exit, dict[str, object]]:
        planned = session.project.plan(member.name, env=env, force_env=env is not None)
        if not session.options.json:
            return carry_out(planned, session, ask=not arguments.auto_approve, parallelism=arguments.parallelism), {}
        if not arguments.auto_approve and not planned.empty:
            session.confirm("")
        return applied(planned, session, arguments.parallelism)

    return for_every_stack(session, one)


def applied(planned: Planned, session: Session, parallelism: int) -> tuple[Exit, dict[str, object]]:
    """Apply ``planned``; the code and the document of how it ended."""
    from flowyml_infra.apply.result import ApplyResult
    from flowyml_infra.cli.interrupts import stopping
    from flowyml_infra.cli.views.failure import diagnostics_of
    from flowyml_infra.errors import ApplyInterruptedError, PartialApplyError

    try:
        with stopping(session) as stop:
            result = session.project.apply(planned, parallelism=parallelism, stop=stop)
    except (PartialApplyError, ApplyInterruptedError) as error:
        document = {"diagnostics": [item.to_json() for item in diagnostics_of(error)]}
        body = {"apply": error.result.to_json()} if isinstance(error.result, ApplyResult) else {}
        return exit_of(error), {**body, **document}
    return Exit.DONE, {"apply": result.to_json()}


def saved_plan(text: str | None) -> Path | None:
    """The file that ``text`` names, if it is one and holds a saved plan, or can be nothing else."""
    if text is None:
        return None
    from flowyml_infra.plan.saved import is_saved_plan

    path = Path(text)
    if not path.is_file():
        return None
    if path.suffix not in _OF_STACKS:
        return path
    with path.open("rb") as file:
        return path if is_saved_plan(file.read(64)) else None


def carry_out(planned: Planned, session: Session, *, ask: bool, parallelism: int) -> Exit:
    """Show ``planned``, ask where that is wanted, apply it and show what came of it, also when that is not everything.

    Raises:
        UsageError: There is nobody to ask, or the answer was no.
        InfraError: As ``Project.apply``, when nothing was touched.
    """
    from flowyml_infra.cli.interrupts import stopping
    from flowyml_infra.cli.views.progress import Progress
    from flowyml_infra.errors import ApplyInterruptedError, PartialApplyError

    if not session.options.json and planned.saved_in is None:
        PlanHuman(session).show(shown_plan(planned, session))
        session.progress("")
    steps = sum(count for action, count in planned.summary.counts.items() if action != "noop")
    if ask and not planned.empty and not planned.decision.refusals:
        verb = "Destroy" if planned.plan.options.destroy else "Apply"
        session.confirm(f"{verb} this on {planned.plan.key}?")
    view = session.view(ApplyHuman, ApplyJson)
    try:
        with stopping(session) as stop, Progress(session, steps) as progress:
            result = session.project.apply(planned, parallelism=parallelism, progress=progress, stop=stop)
    except (PartialApplyError, ApplyInterruptedError) as error:
        view.stopped(error)
        return exit_of(error)
    view.done(result)
    return Exit.DONE


COMMAND = Command(
    ApplyArguments,
    run,
    "Plan, pass the policy gate, ask, and make the changes. With a saved plan: exactly those, without asking.\n"
    "Ctrl-C lets what is under way finish and starts nothing more; a second one stops at once.",
    (
        ("apply", "the active stack"),
        ("apply prod --env production", "a stack by name, in an environment"),
        ("apply today.plan", "what was saved with `plan --out today.plan`"),
        ("apply --auto-approve --json", "in a CI job"),
        ("apply --all", "every stack of the project, each after those whose outputs it needs"),
    ),
)
