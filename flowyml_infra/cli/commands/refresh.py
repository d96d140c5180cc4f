"""Owns ``refresh``: what the world has becomes what is recorded, once the person said so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.address import Address
from flowyml_infra.apply.reading import TIMEOUT as DEFAULT_TIMEOUT
from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, option
from flowyml_infra.cli.arguments.selection import AUTO_APPROVE, READS, STACK, TIMEOUT
from flowyml_infra.cli.commands.drift import look
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.drift import DriftHuman
from flowyml_infra.cli.views.refresh import RefreshHuman, RefreshJson

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session


class RefreshArguments(Arguments):
    """The arguments of ``refresh``."""

    stack: str | None = field(STACK, default=None)
    target: tuple[Address, ...] = field(
        option("--target", "ADDRESS", "look at this alone", parse=Address.parse, many=True), default=()
    )
    auto_approve: bool = field(AUTO_APPROVE, default=False)
    parallelism: int = field(READS, default=10)
    timeout: float = field(TIMEOUT, default=DEFAULT_TIMEOUT)


def run(arguments: RefreshArguments, session: Session) -> Exit:
    """Look, show, ask, record; what could not be read stays as it is recorded, and is an error at the end.

    Acknowledged drift is left alone, unless ``--target`` names it: recorded, it would be set back.
    """
    drift = look(session, arguments.stack, arguments.target, arguments.parallelism, arguments.timeout)
    if not session.options.json:
        DriftHuman(session).show(drift)
    if not arguments.target:
        drift = drift.without_acknowledged()
    serial = None
    if drift.sighting.refreshed:
        if not arguments.auto_approve:
            session.confirm(f"Record this as the state of {drift.key}? Infrastructure is not touched.")
        serial = session.project.refresh(drift)
    session.view(RefreshHuman, RefreshJson).show(drift, serial)
    if serial is not None:
        plan = f"flowyml-infra plan{session.selectors(arguments.stack)}"
        session.advise(f"See what it takes to set it back: {plan}")
    return Exit.ERROR if drift.sighting.unread else Exit.DONE


COMMAND = Command(
    RefreshArguments,
    run,
    "Read everything that was made, show what is not as it was applied, ask, and record it as it is. Infrastructure\n"
    "is not touched: the next plan shows what it takes to set it back, and makes anew what is gone.\n"
    "Acknowledged drift is left alone, unless --target names it.",
    (
        ("refresh", "the active stack; asks before anything is recorded"),
        ("refresh prod --env production --auto-approve", "without asking"),
        ("refresh --target aws.bucket.data", "one resource"),
    ),
)
