"""Owns ``state …``: looking at the recorded state, and correcting it by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.address import Address
from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, option, positional
from flowyml_infra.cli.arguments.selection import AUTO_APPROVE, STACK, STACK_OPTION
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views import state as views
from flowyml_infra.cli.views.document import write_document

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
    from flowyml_infra.state.edits import move_resource

    project = session.project
    key = project.key(arguments.stack, session.options.env)
    serial = move_resource(project.store(), key, arguments.source, arguments.target)
    message = f"{arguments.source} is recorded as {arguments.target} now (serial {serial})."
    session.view(views.EditHuman, views.EditJson).show(
        message, {"source": arguments.source, "target": arguments.target, "serial": serial}
    )
    session.advise("Declare it under the new name before the next apply, or that will plan its deletion.")
    return Exit.DONE


def forget(arguments: ForgetArguments, session: Session) -> Exit:
    """Drop a resource's record after asking; the thing itself stays."""
    from flowyml_infra.state.edits import remove_resource

    question = f"Forget {arguments.address}? The thing itself stays, and nothing looks after it."
    if not arguments.auto_approve:
        session.confirm(question)
    project = session.project
    serial = remove_resource(project.store(), project.key(arguments.stack, session.options.env), arguments.address)
    session.view(views.EditHuman, views.EditJson).show(
        f"{arguments.address} is forgotten (serial {serial}).", {"address": arguments.address, "serial": serial}
    )
    return Exit.DONE


def history(arguments: HistoryArguments, session: Session) -> Exit:
    """Show the operations on a deployment, newest first."""
    project = session.project
    key = project.key(arguments.stack, session.options.env)
    records = project.reader().history(key, limit=arguments.limit)
    session.view(views.HistoryHuman, views.HistoryJson).show(records)
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
HISTORY = Command(
    HistoryArguments,
    history,
    "List the operations on a deployment: what, who, when, how it ended.",
    (("state history --limit 5", "the latest five"),),
)
PULL = Command(
    StackArguments,
    print_state,
    "Print the recorded state as one JSON document. Secrets are sealed in it.",
    (("state pull > backup.json", "keep a copy"),),
)
