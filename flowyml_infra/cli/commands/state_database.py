"""Owns ``state …`` of the database as a whole: who may use it, under which key, and what is open in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Arguments, Command, NoArguments, field, option, positional, switch
from flowyml_infra.cli.arguments.selection import AUTO_APPROVE
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.state import EditHuman, EditJson
from flowyml_infra.cli.views.state_database import DiagnosisHuman, DiagnosisJson, GrantsHuman, GrantsJson
from flowyml_infra.cli.views.values import counted
from flowyml_infra.errors import UsageError

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session


class GrantsArguments(Arguments):
    """The arguments of ``state grants``."""

    role: str = field(positional("ROLE", "the role of those who work with this state"))
    read_only: bool = field(switch("--read-only", text="for looking and planning alone"), default=False)
    engine: bool = field(
        switch("--engine", text="the rights on the engine's own record, which work in clouds needs as well"),
        default=False,
    )


def print_grants(arguments: GrantsArguments, session: Session) -> Exit:
    """Print the statements for the owner of the state's schema, or for who may make roles."""
    from flowyml_infra.audit.location import POSTGRES_SCHEMES, url_scheme
    from flowyml_infra.audit.postgresql.location import parse_location
    from flowyml_infra.state.grants import engine_grants, grants

    url = session.project.state_url
    if url_scheme(url) not in POSTGRES_SCHEMES:
        raise UsageError(
            "the state is a file, and whoever may write the file may work with it",
            code="usage.grants",
            hint="--state postgresql://… names a state that rights are granted in",
        )
    location = parse_location(url)
    if arguments.engine:
        statements = engine_grants(location, arguments.role, read_only=arguments.read_only)
    else:
        statements = grants(location.schema, arguments.role, read_only=arguments.read_only)
    session.view(GrantsHuman, GrantsJson).show(statements)
    return Exit.DONE


def diagnose_state(arguments: NoArguments, session: Session) -> Exit:  # noqa: ARG001 -- there are none
    """Show what is open; damage is an error."""
    from flowyml_infra.audit.store import AuditStore
    from flowyml_infra.state.diagnosis import diagnose

    project = session.project
    findings = diagnose(project.reader(), AuditStore(project.state_url, project_root=project.root))
    session.view(DiagnosisHuman, DiagnosisJson).show(findings)
    return Exit.ERROR if any(finding.status == "damaged" for finding in findings) else Exit.DONE


DOCTOR = Command(
    NoArguments,
    diagnose_state,
    "Explain what is open in this state: operations that were cut off, what they were about to do, who holds what.\n"
    "Says what the next apply will do about each. Changes nothing; exit 1 when something is damaged.",
    (("state doctor", "after a crash, before the next apply"),),
)


class MigrateArguments(Arguments):
    """The arguments of ``state migrate``."""

    to: str = field(option("--to", "URL", "the new place, which nobody has used"), default="")
    auto_approve: bool = field(AUTO_APPROVE, default=False)


class FileArguments(Arguments):
    """The arguments of ``state backup`` and ``state restore``."""

    file: str = field(positional("FILE", "the copy"))


def migrate(arguments: MigrateArguments, session: Session) -> Exit:
    """Move the state for good."""
    from contextlib import closing

    from flowyml_infra.audit.actor import current_actor
    from flowyml_infra.state import open_store

    project = session.project
    if not arguments.to:
        raise UsageError(
            "the new place of the state is missing",
            code="usage.missing",
            hint="--to postgresql://… or --to sqlite:///…",
        )
    if not arguments.auto_approve:
        session.confirm("Move the state, and refuse the place where it is now to everybody?")
    with closing(open_store(arguments.to, project_root=project.root)) as target:
        count = project.store().move_to(target, current_actor())
        message = f"The state is at {target.url} now, with {counted(count, 'deployment')}."
        session.view(EditHuman, EditJson).show(message, {"url": target.url, "deployments": count})
    session.advise("Name it in `state.url` of flowyml.yaml or in FLOWYML_STATE_URL. The key stays the same.")
    return Exit.DONE


def back_up(arguments: FileArguments, session: Session) -> Exit:
    """Copy the state into a new SQLite file."""
    from contextlib import closing
    from pathlib import Path

    from flowyml_infra.state import open_store

    path = Path(arguments.file).absolute()
    if path.exists():
        raise UsageError(f"{arguments.file} exists", code="usage.file", hint="name a file that is not there")
    with closing(open_store(f"sqlite:///{path}")) as target:
        count = session.project.store().back_up_to(target)
    message = f"{arguments.file} has a copy of the state, with {counted(count, 'deployment')}."
    session.view(EditHuman, EditJson).show(message, {"file": str(path), "deployments": count})
    return Exit.DONE


def restore(arguments: FileArguments, session: Session) -> Exit:
    """Copy a backup into a state that nobody has used."""
    from contextlib import closing
    from pathlib import Path

    from flowyml_infra.audit.event import AuditEvent
    from flowyml_infra.state import open_store

    path = Path(arguments.file).absolute()
    if not path.is_file():
        raise UsageError(f"{arguments.file} is no file", code="usage.file", hint="name what `state backup` wrote")
    store = session.project.store()
    with closing(open_store(f"sqlite:///{path}")) as source:
        count = source.back_up_to(store)
    store.append_events([AuditEvent("StateRestored", data={"file": path.name, "deployments": count})])
    message = f"The state is that of {arguments.file}, with {counted(count, 'deployment')}."
    session.view(EditHuman, EditJson).show(message, {"file": str(path), "deployments": count})
    return Exit.DONE


MIGRATE = Command(
    MigrateArguments,
    migrate,
    "Move the whole state to another database: records, history, audit log, keys, registered stacks. The old place is\n"
    "refused to everybody afterwards, and says where the state is. Refused while somebody works.",
    (
        ("state migrate --to 'postgresql://me@host/infra?sslmode=verify-full'", "from a file to a team's database"),
        ("state migrate --to sqlite:///.flowyml/state.db", "back into the project"),
    ),
)
BACKUP = Command(
    FileArguments,
    back_up,
    "Copy the whole state, as it is at one moment, into a new SQLite file. Others may work meanwhile.\n"
    "Secrets stay sealed in it: keep the key elsewhere.",
    (("state backup infra-2026-01-31.db", "keep a copy"),),
)
RESTORE = Command(
    FileArguments,
    restore,
    "Copy what `state backup` wrote into this state, which nobody has used. What was applied since is not in it:\n"
    "`plan --refresh` shows how the world differs.",
    (("state restore infra-2026-01-31.db", "after the database was lost"),),
)


class RotateArguments(Arguments):
    """The arguments of ``state rotate-key``."""

    finish: bool = field(
        switch("--finish", text="let the present key alone open the state, and seal every secret anew"), default=False
    )
    auto_approve: bool = field(AUTO_APPROVE, default=False)


def rotate_key(arguments: RotateArguments, session: Session) -> Exit:
    """Add a new key, or take all others away."""
    return _finish(arguments, session) if arguments.finish else _begin(session)


def _begin(session: Session) -> Exit:
    from flowyml_infra.audit.actor import current_actor
    from flowyml_infra.state.encryption.master_key import new_key

    key = new_key()
    added = session.project.store().accept_key(key, current_actor())
    message = f"The key from {key.source} opens the state from now on, and so does the one before."
    session.view(EditHuman, EditJson).show(message, {"key": key.source, "added": added})
    session.advise("Give everybody the new key, then run `flowyml-infra state rotate-key --finish` with it.")
    return Exit.DONE


def _finish(arguments: RotateArguments, session: Session) -> Exit:
    from flowyml_infra.audit.actor import current_actor
    from flowyml_infra.state.resealing import reseal

    if not arguments.auto_approve:
        session.confirm("Let the present key alone open this state? Whoever has an older one can work no more.")
    store = session.project.store()
    removed = store.retire_keys(current_actor())
    records = reseal(store)
    message = f"The present key alone opens the state; {counted(records, 'record')} sealed anew."
    session.view(EditHuman, EditJson).show(message, {"removed": removed, "records": records})
    return Exit.DONE


ROTATE_KEY = Command(
    RotateArguments,
    rotate_key,
    "Change the key that opens this state's secrets, in two steps. First a new one is added, from\n"
    "FLOWYML_STATE_NEW_KEY or FLOWYML_STATE_NEW_KEY_FILE, and both open the state. Then, run with the new one as\n"
    "FLOWYML_STATE_KEY, --finish takes the others away and seals every secret anew. Cut off, run it again.",
    (
        ("state rotate-key", "both keys open the state from now on"),
        ("state rotate-key --finish", "the present key alone does, and every secret is sealed anew"),
    ),
)
GRANTS = Command(
    GrantsArguments,
    print_grants,
    "Print the rights that a PostgreSQL role needs for working with this state, as SQL for the owner of its schema.\n"
    "Such a role can neither change tables nor edit or remove audit events. Work in clouds and clusters needs\n"
    "the rights that --engine prints as well, as SQL for somebody who may make roles.",
    (
        ('state grants deployer | psql "$OWNERS_URL"', "let a role apply"),
        ('state grants deployer --engine | psql "$ADMINS_URL"', "let it apply in clouds and clusters, too"),
        ("state grants viewer --read-only", "let a role look and plan"),
        ("state grants viewer --read-only --engine", "let it look at clouds and clusters, too"),
    ),
)
