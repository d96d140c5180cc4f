"""Owns ``state rollback-plan``: a plan back to what an earlier apply declared, shown and saved to be applied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flowyml_infra.address import Address
from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, option, switch
from flowyml_infra.cli.arguments.selection import STACK
from flowyml_infra.cli.commands.plan import shown_plan
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.plan.view import PlanHuman, PlanJson

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session
    from flowyml_infra.project.rollback import WayBack
    from flowyml_infra.state.store import OperationRecord


class RollbackArguments(Arguments):
    """The arguments of ``state rollback-plan``."""

    stack: str | None = field(STACK, default=None)
    to: str | None = field(
        option(
            "--to",
            "OPERATION|SERIAL|DIGEST",
            "what `state history` lists (default: the definition before the present one)",
        ),
        default=None,
    )
    out: Path | None = field(option("--out", "FILE", "save the plan, for `apply FILE`", parse=Path), default=None)
    refresh: bool = field(switch("--refresh", text="look at the world first; records nothing"), default=False)
    target: tuple[Address, ...] = field(
        option("--target", "ADDRESS", "only this and what it depends on", parse=Address.parse, many=True), default=()
    )


def run(arguments: RollbackArguments, session: Session) -> Exit:
    """Make the plan, save it where that was asked for, and show it."""
    from flowyml_infra.plan.plan import PlanOptions

    project = session.project
    key = project.key(arguments.stack, session.options.env)
    options = PlanOptions(targets=arguments.target, refresh=arguments.refresh)
    way = project.plan_rollback(key, arguments.to, options=options)
    if arguments.out:
        way.planned.save(arguments.out)
    session.progress(f"{_told(way.operation)}\n")
    session.view(PlanHuman, PlanJson).show(shown_plan(way.planned, session, _follow_up(arguments, session, way)))
    return Exit.DONE


def _told(operation: OperationRecord) -> str:
    after = "?" if operation.serial_after is None else operation.serial_after
    return (
        f"Back to what {operation.kind} {operation.id} declared: by {operation.who}, "
        f"{operation.started_at[:16].replace('T', ' ')} (UTC), serial {operation.serial_before} -> {after}, "
        f"{operation.status}."
    )


def _follow_up(arguments: RollbackArguments, session: Session, way: WayBack) -> str:
    """How it is carried out, and what is left to do then; where the policies refuse it, the plan says enough."""
    if way.planned.decision.outcome != "allow":
        return ""
    carry_out = "To carry it out: plan it again with --out FILE, then flowyml-infra apply FILE"
    if arguments.out:
        carry_out = f"Saved. To carry out exactly this: flowyml-infra apply {arguments.out}{session.selectors()}"
    return (
        f"{carry_out}\nThat leaves {way.definition} as it is: the next `flowyml-infra plan` shows what it would change "
        "again. Take it back as well, or the next apply undoes this."
    )


COMMAND = Command(
    RollbackArguments,
    run,
    "Plan the way back to what an earlier apply declared, whatever files say now. Changes nothing, takes no lock.\n"
    "`apply FILE` carries out what --out saved, through today's policies and protection, once.",
    (
        ("state rollback-plan --out back.plan", "to the definition before the present one"),
        ("state rollback-plan prod --to 4be1c2a09d3f5e67", "to what an operation in `state history` applied"),
        ("state rollback-plan --to 12", "to what was applied at a serial"),
    ),
)
