"""Owns ``state …``: looking at the recorded state, and correcting it by hand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flowyml_infra.address import Address
from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, option, positional, switch
from flowyml_infra.cli.arguments.selection import AUTO_APPROVE, STACK, STACK_OPTION
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views import state as views
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.values import counted
from flowyml_infra.errors import PlanError, UsageError

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session


class StackArguments(Arguments):
    """The arguments of commands about one deployment."""

    stack: str | None = field(STACK, default=None)


class ResourceArguments(Arguments):
    """The arguments of ``state show``."""

    address: Address = field(positional("ADDRESS", "the resource", parse=Address.parse))
    stack: str | None = field(STACK_OPTION, default=None)


class MoveArguments(Arguments):
    """The arguments of ``state mv``."""

    source: Address = field(positional("SOURCE", "the address it has", parse=Address.parse))
    target: Address = field(positional("TARGET", "the address it gets", parse=Address.parse))
    stack: str | None = field(STACK_OPTION, default=None)


class ForgetArguments(Arguments):
    """The arguments of ``state rm``."""

    address: Address = field(positional("ADDRESS", "the resource to forget", parse=Address.parse))
    stack: str | None = field(STACK_OPTION, default=None)
    auto_approve: bool = field(AUTO_APPROVE, default=False)


class ImportArguments(Arguments):
    """The arguments of ``state import``."""

    address: Address = field(positional("ADDRESS", "the declared resource that it becomes", parse=Address.parse))
    id: str = field(positional("ID", "what the provider calls the thing"))
    stack: str | None = field(STACK_OPTION, default=None)
    auto_approve: bool = field(AUTO_APPROVE, default=False)


class PushArguments(Arguments):
    """The arguments of ``state push``."""

    file: str = field(positional("FILE", "what `state pull` printed, or - for standard input"))
    stack: str | None = field(STACK_OPTION, default=None)
    force: bool = field(
        switch("--force", text="push although the state was written since it was pulled"), default=False
    )
    auto_approve: bool = field(AUTO_APPROVE, default=False)


class RebuildArguments(Arguments):
    """The arguments of ``state rebuild``."""

    stack: str | None = field(STACK, default=None)
    forget: bool = field(
        switch("--forget", text="the engine forgets what is neither recorded nor declared; the world keeps it"),
        default=False,
    )
    auto_approve: bool = field(AUTO_APPROVE, default=False)


class HistoryArguments(Arguments):
    """The arguments of ``state history``."""

    stack: str | None = field(STACK, default=None)
    limit: int = field(option("--limit", "N", "how many, newest first (default: 20)", parse=int), default=20)


def list_resources(arguments: StackArguments, session: Session) -> Exit:
    """Show every recorded resource."""
    snapshot = session.project.show(arguments.stack, session.options.env)
    session.view(views.ResourcesHuman, views.ResourcesJson).show(snapshot)
    return Exit.DONE


def show_resource(arguments: ResourceArguments, session: Session) -> Exit:
    """Show what is recorded about one resource."""
    snapshot = session.project.show(arguments.stack, session.options.env)
    row = snapshot.rows.get(arguments.address)
    if row is None:
        raise views.not_recorded(arguments.address, snapshot)
    session.view(views.ResourceHuman, views.ResourceJson).show(row)
    return Exit.DONE


def move(arguments: MoveArguments, session: Session) -> Exit:
    """Give a recorded resource another address."""
    project = session.project
    key = project.key(arguments.stack, session.options.env)
    serial = project.rename(key, arguments.source, arguments.target)
    message = f"{arguments.source} is recorded as {arguments.target} now (serial {serial})."
    session.view(views.EditHuman, views.EditJson).show(
        message, {"source": arguments.source, "target": arguments.target, "serial": serial}
    )
    session.advise("Declare it under the new name before the next apply, or that will plan its deletion.")
    return Exit.DONE


def forget(arguments: ForgetArguments, session: Session) -> Exit:
    """Drop a resource's record after asking; the thing itself stays."""
    question = f"Forget {arguments.address}? The thing itself stays, and nothing looks after it."
    if not arguments.auto_approve:
        session.confirm(question)
    project = session.project
    serial = project.forget(project.key(arguments.stack, session.options.env), arguments.address)
    session.view(views.EditHuman, views.EditJson).show(
        f"{arguments.address} is forgotten (serial {serial}).", {"address": arguments.address, "serial": serial}
    )
    return Exit.DONE


def take_over(arguments: ImportArguments, session: Session) -> Exit:
    """Plan the import of one thing that is there already, show it, ask, and carry it out."""
    from flowyml_infra.cli.commands.apply import carry_out
    from flowyml_infra.plan.changes import Import
    from flowyml_infra.plan.plan import PlanOptions
    from flowyml_infra.resources.compiled import Adoption

    planned = session.project.plan(
        arguments.stack,
        env=session.options.env,
        options=PlanOptions(targets=(arguments.address,)),
        imports=(Adoption(arguments.address, arguments.id),),
    )
    if not any(isinstance(change, Import) for change in planned.plan.changes):
        raise PlanError(
            f"{arguments.address} is recorded already",
            address=arguments.address,
            hint=f"`flowyml-infra state show {arguments.address}` shows it; `state rm` forgets it",
        )
    return carry_out(planned, session, ask=not arguments.auto_approve, parallelism=1)


def push_state(arguments: PushArguments, session: Session) -> Exit:
    """Make an exported state the recorded one after asking."""
    from flowyml_infra.state.key import DeploymentKey
    from flowyml_infra.state.push import read_export

    name = "standard input" if arguments.file == "-" else arguments.file
    export = read_export(_text(arguments.file), name)
    key = DeploymentKey(export.stack, export.environment)
    if arguments.stack is not None or session.options.env is not None:
        key = session.project.key(arguments.stack, session.options.env)
    if not arguments.auto_approve:
        session.confirm(f"Replace what is recorded of {key} by {name}? Infrastructure is not touched.")
    serial, changed = session.project.push_state(key, export, force=arguments.force)
    session.view(views.EditHuman, views.EditJson).show(
        f"{counted(changed, 'record')} of {key} changed (serial {serial}).", {"changed": changed, "serial": serial}
    )
    session.advise("`flowyml-infra plan` shows how it differs from the definition.")
    return Exit.DONE


def rebuild_state(arguments: RebuildArguments, session: Session) -> Exit:
    """Bring our rows and the engine's record in line, and show what was done."""
    if arguments.forget and not arguments.auto_approve:
        session.confirm("Let the engine forget what is neither recorded nor declared? Nothing looks after it then.")
    done = session.project.rebuild(arguments.stack, session.options.env, forget=arguments.forget)
    session.view(views.RebuiltHuman, views.RebuiltJson).show(done, forget=arguments.forget)
    if done.adopted:
        session.advise("`flowyml-infra apply` completes what is recorded again.")
    return Exit.DONE


def _text(file: str) -> str:
    if file == "-":
        return sys.stdin.read()
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{file} cannot be read: {error}", code="usage.file", hint="name what `state pull` wrote"
        ) from error


def history(arguments: HistoryArguments, session: Session) -> Exit:
    """Show the operations on a deployment, newest first."""
    project = session.project
    key = project.key(arguments.stack, session.options.env)
    records = project.reader().history(key, limit=arguments.limit)
    session.view(views.HistoryHuman, views.HistoryJson).show(records)
    if any(record.recorded_definition is not None for record in records):
        session.advise("`flowyml-infra state rollback-plan --to ID` plans the way back to one with a DEFINITION.")
    return Exit.DONE


def print_state(arguments: StackArguments, session: Session) -> Exit:
    """Print the recorded state."""
    from flowyml_infra.state.edits import pull

    project = session.project
    write_document(session.terminal, pull(project.reader(), project.key(arguments.stack, session.options.env)))
    return Exit.DONE


LIST = Command(
    StackArguments,
    list_resources,
    "List the resources that are recorded of a stack, with how far each is.",
    (("state list", "of the active stack"), ("state list prod --env production", "of another deployment")),
)
SHOW = Command(
    ResourceArguments,
    show_resource,
    "Show what is recorded about one resource: inputs, outputs, dependencies. Secrets stay hidden.",
    (("state show local.directory.artifact_store", "one resource"),),
)
MV = Command(
    MoveArguments,
    move,
    "Give a recorded resource another address, so that it is not deleted and made anew under its new name.\n"
    "`spec.moved` in the definition does the same for everybody who applies it.",
    (("state mv local.directory.data local.directory.features", "after renaming it in the definition"),),
)
RM = Command(
    ForgetArguments,
    forget,
    "Forget a recorded resource. The thing itself stays; a definition that still declares it will plan a creation.",
    (("state rm local.directory.old", "forget one resource"),),
)
IMPORT = Command(
    ImportArguments,
    take_over,
    "Take over a thing that is there already under a declared address, and bring it to what the definition says.\n"
    "`spec.imports` in the definition does the same for everybody who applies it.",
    (("state import local.directory.data data/raw", "a folder that was made by hand"),),
)
PUSH = Command(
    PushArguments,
    push_state,
    "Make an exported state the recorded one, for example to go back to a copy. Infrastructure is not touched.\n"
    "Refused when it is of another deployment or lineage, and when the state was written since.",
    (
        ("state push backup.json", "take a copy back"),
        ("state push backup.json --force", "although the state has moved on"),
    ),
)
REBUILD = Command(
    RebuildArguments,
    rebuild_state,
    "Bring the recorded state and the record that the engine keeps of its own in line, where one of them was lost.\n"
    "What is recorded here is put back on the engine's record; what only the engine knows is recorded here again, if\n"
    "it is declared. Things in clouds and clusters are looked at, and left as they are.",
    (
        ("state rebuild prod", "after the engine's record was lost, or an old copy of the state was taken back"),
        ("state rebuild prod --forget", "the engine forgets what nobody declares"),
    ),
)
HISTORY = Command(
    HistoryArguments,
    history,
    "List the operations on a deployment: what, who, when, how it ended. To what was declared by one with a\n"
    "DEFINITION there is a way back: `state rollback-plan --to ID`.",
    (("state history --limit 5", "the latest five"),),
)
PULL = Command(
    StackArguments,
    print_state,
    "Print the recorded state as one JSON document. Secrets are sealed in it.",
    (("state pull > backup.json", "keep a copy"),),
)
