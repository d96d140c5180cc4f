"""Owns ``drift``: the world against what is recorded, and letting a difference be for a while."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flowyml_infra.address import Address
from flowyml_infra.apply.reading import TIMEOUT as DEFAULT_TIMEOUT
from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, option, switch
from flowyml_infra.cli.arguments.selection import READS, STACK, TIMEOUT
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.drift import DriftHuman, DriftJson
from flowyml_infra.errors import UsageError

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session
    from flowyml_infra.cli.views.acknowledgements import AcknowledgementsView
    from flowyml_infra.project.drifting import Drift


class DriftArguments(Arguments):
    """The arguments of ``drift``."""

    stack: str | None = field(STACK, default=None)
    target: tuple[Address, ...] = field(
        option("--target", "ADDRESS", "look at this alone", parse=Address.parse, many=True), default=()
    )
    parallelism: int = field(READS, default=10)
    timeout: float = field(TIMEOUT, default=DEFAULT_TIMEOUT)
    ack: Address | None = field(
        option("--ack", "ADDRESS", "let be what the last look found there", parse=Address.parse), default=None
    )
    until: date | None = field(
        option("--until", "DATE", "with --ack: the last day, as 2026-03-31", parse=date.fromisoformat), default=None
    )
    why: str = field(option("--why", "TEXT", "with --ack: why it is right"), default="")
    withdraw: Address | None = field(
        option("--withdraw", "ADDRESS", "take back what was acknowledged there", parse=Address.parse), default=None
    )
    acknowledged: bool = field(switch("--acknowledged", text="list what is acknowledged"), default=False)


def run(arguments: DriftArguments, session: Session) -> Exit:
    """Look, or do what was asked about acknowledgements."""
    _check(arguments)
    if arguments.ack is not None or arguments.withdraw is not None or arguments.acknowledged:
        return _acknowledgements(arguments, session)
    drift = look(session, arguments.stack, arguments.target, arguments.parallelism, arguments.timeout)
    session.view(DriftHuman, DriftJson).show(drift)
    if drift.unreviewed:
        session.advise("To have the next plan set it back: flowyml-infra refresh" + session.selectors(arguments.stack))
        session.advise("To let it be for a while: flowyml-infra drift --ack ADDRESS --until DATE --why TEXT")
    return exit_of_drift(drift)


def look(session: Session, stack: str | None, targets: tuple[Address, ...], parallelism: int, timeout: float) -> Drift:
    """Look at the world, and say how far it is meanwhile."""
    from flowyml_infra.apply.reading import ReadOptions
    from flowyml_infra.cli.views.looking import Looking

    with Looking(session) as progress:
        options = ReadOptions(parallelism, timeout, progress)
        return session.project.look(stack, session.options.env, targets=targets, options=options)


def exit_of_drift(drift: Drift) -> Exit:
    """1 when something could not be read, 2 when there is drift that nobody acknowledged."""
    if drift.sighting.unread:
        return Exit.ERROR
    return Exit.CHANGES if drift.unreviewed else Exit.DONE


def _check(arguments: DriftArguments) -> None:
    asked = [arguments.ack is not None, arguments.withdraw is not None, arguments.acknowledged]
    if sum(asked) > 1 or (any(asked) and arguments.target):
        raise UsageError("--ack, --withdraw, --acknowledged and --target exclude each other")
    if arguments.ack is None and (arguments.until is not None or arguments.why):
        raise UsageError("--until and --why go with --ack", hint="say with --ack which drift is meant")
    if arguments.ack is not None and (arguments.until is None or not arguments.why.strip()):
        raise UsageError(
            "an acknowledgement says until when it counts and why", hint="give --until 2026-03-31 --why 'the reason'"
        )


def _acknowledgements(arguments: DriftArguments, session: Session) -> Exit:
    from flowyml_infra.cli.views.acknowledgements import AcknowledgementsHuman, AcknowledgementsJson
    from flowyml_infra.project.acknowledging import acknowledge, withdraw

    project = session.project
    view: AcknowledgementsView = session.view(AcknowledgementsHuman, AcknowledgementsJson)
    key = project.key(arguments.stack, session.options.env)
    if arguments.withdraw is not None:
        withdraw(project, key, arguments.withdraw)
        view.withdrawn(arguments.withdraw)
    elif arguments.ack is not None and arguments.until is not None:
        view.made(acknowledge(project, key, arguments.ack, arguments.until, arguments.why.strip()))
    else:
        view.listed(project.reader().acknowledgements(key))
    return Exit.DONE


COMMAND = Command(
    DriftArguments,
    run,
    "Read everything that was made, and show what is not as it was applied: what was changed, what is gone, what\n"
    "could not be read. Changes nothing and takes no lock. What was found is kept, for `show` and for the policy rule\n"
    "unreviewed_drift. Exit 2 when there is drift that nobody acknowledged, 1 when something could not be read.",
    (
        ("drift", "the active stack"),
        ("drift prod --env production --json", "in a nightly job"),
        ("drift --target aws.bucket.data", "one resource"),
        (
            "drift --ack aws.bucket.data --until 2026-03-31 --why 'tags of the billing team'",
            "let be what the last look found there",
        ),
        ("drift --withdraw aws.bucket.data", "take that back"),
    ),
)
