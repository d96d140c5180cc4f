"""Owns ``lock …``: who holds which lock, and breaking one whose holder is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Arguments, Command, NoArguments, field, option, positional
from flowyml_infra.cli.arguments.selection import AUTO_APPROVE
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.lock import LocksHuman, LocksJson, ReleaseHuman, ReleaseJson

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session


class ReleaseArguments(Arguments):
    """The arguments of ``lock release``."""

    name: str = field(positional("LOCK", "its name, as `lock list` shows it"))
    reason: str = field(option("--reason", "TEXT", "why, for the audit log"), default="released by hand")
    auto_approve: bool = field(AUTO_APPROVE, default=False)


def list_locks(arguments: NoArguments, session: Session) -> Exit:  # noqa: ARG001 -- there are none
    """Show every lock that is held."""
    session.view(LocksHuman, LocksJson).show(session.project.reader().list_leases())
    return Exit.DONE


def release(arguments: ReleaseArguments, session: Session) -> Exit:
    """Break one lock; its holder's next write is refused."""
    from flowyml_infra.audit.actor import current_actor

    if not arguments.auto_approve:
        session.confirm(f"Break the lock {arguments.name}? Whoever holds it can write nothing more.")
    holder = session.project.store().break_lease(arguments.name, arguments.reason, current_actor())
    session.view(ReleaseHuman, ReleaseJson).show(arguments.name, holder)
    return Exit.DONE


LIST = Command(
    NoArguments,
    list_locks,
    "List the locks that are held: by whom, for what, since when.",
    (("lock list", "every lock in this state"),),
)
RELEASE = Command(
    ReleaseArguments,
    release,
    "Break a lock whose holder is gone. A holder that is still there can write nothing more, and stops.\n"
    "A lock whose process died on this machine, or that was not renewed for its time, needs no breaking.",
    (("lock release deployment:prod@default --reason 'the runner was shut down'", "break one lock"),),
)
