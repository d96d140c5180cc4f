"""Owns ``audit …``: who did what, whether the record of it is whole, and taking it elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, option, positional, switch
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.audit import EventsHuman, EventsJson, VerdictHuman, VerdictJson

if TYPE_CHECKING:
    from flowyml_infra.audit.store import AuditStore
    from flowyml_infra.cli.session import Session


class AuditListArguments(Arguments):
    """The arguments of ``audit list``."""

    stack: str | None = field(option("--stack", "NAME", "only what concerns this stack"), default=None)
    event: str | None = field(option("--event", "NAME", "only these, for example StackApplied"), default=None)
    who: str | None = field(
        option("--who", "TEXT", "only those whose actor, host or CI identity contains this"), default=None
    )
    since: str | None = field(
        option("--since", "TIME", "only later ones: 2025-01-31, 2025-01-31T09:30 (UTC), or 7d, 12h, 30m ago"),
        default=None,
    )
    until: str | None = field(option("--until", "TIME", "only earlier ones; written in the same ways"), default=None)
    limit: int = field(option("--limit", "N", "the latest so many (default: 50; 0: all)", parse=int), default=50)


class AuditVerifyArguments(Arguments):
    """The arguments of ``audit verify``."""

    file: str | None = field(
        positional("FILE", "an exported log; without one, the log of the project's state"), default=None
    )
    head: tuple[str, ...] = field(
        option("--head", "FILE|HASH", "a head kept elsewhere, or the hash of an event, that must fit", many=True),
        default=(),
    )
    public_key: str | None = field(
        option("--public-key", "FILE", "the key that must have signed (default: your own)"), default=None
    )
    accept: str | None = field(
        option("--accept", "WHY", "take the log as it is, after a backup was put back; on record from then on"),
        default=None,
    )


class AuditExportArguments(Arguments):
    """The arguments of ``audit export``."""

    out: str | None = field(option("--out", "FILE", "write there instead of to standard output"), default=None)
    head: bool = field(switch("--head", text="the signed head alone"), default=False)
    public_key: bool = field(switch("--public-key", text="your public key alone, as PEM"), default=False)


def list_events(arguments: AuditListArguments, session: Session) -> Exit:
    """Show the latest events that fit, oldest first."""
    from flowyml_infra.audit.moments import parse_moment

    events = _store(session).get_events(
        arguments.stack,
        environment=session.options.env,
        name=arguments.event,
        who=arguments.who,
        since=None if arguments.since is None else parse_moment(arguments.since),
        until=None if arguments.until is None else parse_moment(arguments.until),
        limit=arguments.limit or None,
    )
    session.view(EventsHuman, EventsJson).show(events)
    return Exit.DONE


def verify(arguments: AuditVerifyArguments, session: Session) -> Exit:
    """Check the chain; broken is an error."""
    from flowyml_infra.audit import checking

    _check_combination(arguments)
    wanted = checking.Wanted(arguments.file, arguments.head, arguments.public_key)
    if arguments.accept is not None:
        from flowyml_infra.audit.witness import accept

        accept(_store(session), arguments.accept)
    verdict = checking.check_export(wanted) if arguments.file else checking.check_store(_store(session), wanted)
    session.view(VerdictHuman, VerdictJson).show(verdict)
    return Exit.ERROR if verdict.problems else Exit.DONE


def export(arguments: AuditExportArguments, session: Session) -> Exit:
    """Write the whole log with its signed head, or what to check it with."""
    lines = _exported(arguments, session)
    if arguments.out is None:
        for line in lines:
            session.terminal.out.write(f"{line}\n")
        return Exit.DONE
    from pathlib import Path

    from flowyml_infra.audit.export import write_file

    write_file(Path(arguments.out), lines)
    session.progress(f"Written to {arguments.out}.")
    return Exit.DONE


def _check_combination(arguments: AuditVerifyArguments) -> None:
    """Refuse what would be passed over in silence.

    Raises:
        UsageError: A key is given and nothing that it could have signed, or an exported log is to be accepted.
    """
    from flowyml_infra.errors import UsageError

    if arguments.public_key is not None and not arguments.file and not arguments.head:
        raise UsageError(
            "--public-key is given, and nothing signed to check with it", hint="name an exported log, or give --head"
        )
    if arguments.accept is not None and (arguments.file or arguments.head):
        raise UsageError("--accept takes the log of a state as it is; it goes with no FILE and no --head")


def _exported(arguments: AuditExportArguments, session: Session) -> list[str]:
    from flowyml_infra.audit.export import export_lines, head_line, own_public_pem, signed_log

    if arguments.public_key:
        return own_public_pem().splitlines()
    events, head = signed_log(_store(session))
    return [head_line(head)] if arguments.head else list(export_lines(events, head))


def _store(session: Session) -> AuditStore:
    from flowyml_infra.audit.store import AuditStore

    return AuditStore(session.project.state_url, project_root=session.project.root)


LIST = Command(
    AuditListArguments,
    list_events,
    "List what was done and decided, by whom, when and from where: plans, policy checks, applies, registrations, runs.",
    (
        ("audit list", "the latest 50 events"),
        ("audit list --stack prod --event StackApplied", "the applies of one stack"),
        ("audit list --since 7d --who github: --json", "what jobs of GitHub Actions did in a week"),
    ),
)
VERIFY = Command(
    AuditVerifyArguments,
    verify,
    "Check that nobody edited, cut, reordered or replaced the audit log: each event carries a hash of the one before,"
    " and the end of the log is compared with what was noted of it in your data folder, and with --head.",
    (
        ("audit verify", "exit 1 when the log was tampered with"),
        ("audit verify log.jsonl --public-key team.pem", "check an exported log, on any machine"),
        ("audit verify --head head.json", "the log still has what it had when head.json was exported"),
    ),
)
EXPORT = Command(
    AuditExportArguments,
    export,
    "Write the whole audit log as JSON lines: the events, oldest first, and last the head, signed with your key"
    " (FLOWYML_AUDIT_KEY, FLOWYML_AUDIT_KEY_FILE, or one that is made once in your data folder).",
    (
        ("audit export --out log.jsonl", "the whole log"),
        ("audit export --head --out head.json", "a line that proves later that nothing was cut or rewritten"),
        ("audit export --public-key --out team.pem", "what others check it with"),
    ),
)
