"""Owns ``audit …``: who did what, and whether the record of it is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Arguments, Command, NoArguments, field, option
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.audit import EventsHuman, EventsJson, VerdictHuman, VerdictJson

if TYPE_CHECKING:
    from flowyml_infra.audit.store import AuditStore
    from flowyml_infra.cli.session import Session


class AuditListArguments(Arguments):
    """The arguments of ``audit list``."""

    stack: str | None = field(option("--stack", "NAME", "only what concerns this stack"), default=None)
    event: str | None = field(option("--event", "NAME", "only these, for example StackApplied"), default=None)
    limit: int = field(option("--limit", "N", "the latest so many (default: 50)", parse=int), default=50)


def list_events(arguments: AuditListArguments, session: Session) -> Exit:
    """Show the latest events, oldest first."""
    events = _store(session).get_events(
        arguments.stack, environment=session.options.env, name=arguments.event, limit=arguments.limit
    )
    session.view(EventsHuman, EventsJson).show(events)
    return Exit.DONE


def verify(arguments: NoArguments, session: Session) -> Exit:  # noqa: ARG001 -- there are none
    """Check the chain; broken is an error."""
    problems = _store(session).verify()
    session.view(VerdictHuman, VerdictJson).show(problems)
    return Exit.ERROR if problems else Exit.DONE


def _store(session: Session) -> AuditStore:
    from flowyml_infra.audit.store import AuditStore

    return AuditStore(session.project.state_url, project_root=session.project.root)


LIST = Command(
    AuditListArguments,
    list_events,
    "List what was done and decided, by whom and when: plans, policy checks, applies, registrations, runs.",
    (
        ("audit list", "the latest 50 events"),
        ("audit list --stack prod --event StackApplied", "the applies of one stack"),
    ),
)
VERIFY = Command(
    NoArguments,
    verify,
    "Check that nobody edited, cut or reordered the audit log: each event carries a hash of the one before.",
    (("audit verify", "exit 1 when the log was tampered with"),),
)
