"""Owns ``stack …``: the definitions that names lead to, and the registry of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Arguments, Command, NoArguments, field, positional, switch
from flowyml_infra.cli.arguments.selection import STACK
from flowyml_infra.cli.commands.validate import ValidateArguments
from flowyml_infra.cli.commands.validate import run as validate
from flowyml_infra.cli.commands.whole_project import refuse_beside_all
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views import sources
from flowyml_infra.cli.views import stack as views
from flowyml_infra.cli.views.failure import diagnostics_of
from flowyml_infra.errors import DefinitionError, GraphError

if TYPE_CHECKING:
    from flowyml_infra.address import Address
    from flowyml_infra.cli.session import Session
    from flowyml_infra.diagnostics import Diagnostic


class ShowArguments(Arguments):
    """The arguments of ``stack show``."""

    stack: str | None = field(STACK, default=None)


class RegisterArguments(Arguments):
    """The arguments of ``stack apply``."""

    manifest: str = field(positional("MANIFEST", "the file of the definition"))


class UpdateArguments(Arguments):
    """The arguments of ``stack update``."""

    stack: str | None = field(STACK, default=None)
    everything: bool = field(switch("--all", text="every source of flowyml.yaml and flowyml.lock"), default=False)


class ExplainArguments(Arguments):
    """The arguments of ``stack explain``."""

    stack: str | None = field(STACK, default=None)


class DiffArguments(Arguments):
    """The arguments of ``stack diff``."""

    old: str = field(positional("OLD", "a name, a manifest or a URI"))
    new: str | None = field(
        positional("NEW", "another (default: what the sources of OLD have now, whatever is pinned)"), default=None
    )


class UseArguments(Arguments):
    """The arguments of ``stack use``."""

    name: str = field(positional("NAME", "the stack"))


def list_stacks(arguments: NoArguments, session: Session) -> Exit:  # noqa: ARG001 -- there are none
    """Show every stack that can be named."""
    stacks, remarks = session.project.resolver().list_with_remarks()
    session.view(views.StacksHuman, views.StacksJson).show(stacks, remarks)
    return Exit.DONE


def show(arguments: ShowArguments, session: Session) -> Exit:
    """Show one definition and how it was found, with its resources as far as this version has their kinds."""
    project, env = session.project, session.options.env
    found = project.resolver().explain(arguments.stack, env)
    order: list[Address] = []
    problems: tuple[Diagnostic, ...] = ()
    try:
        order = list(project.compile(arguments.stack, env).graph.specs)
    except (DefinitionError, GraphError) as error:
        problems = diagnostics_of(error)
    session.view(views.StackHuman, views.StackJson).show(found, order, problems)
    return Exit.DONE


def register(arguments: RegisterArguments, session: Session) -> Exit:
    """Register a definition under its name; nothing is provisioned."""
    registered = session.project.register(arguments.manifest)
    session.view(views.RegisteredHuman, views.RegisteredJson).show(registered)
    return Exit.DONE


def use(arguments: UseArguments, session: Session) -> Exit:
    """Make a stack the one that is used when none is named, in this checkout."""
    from flowyml_infra.resolution.active import write_active_stack

    project = session.project
    project.resolver().resolve(arguments.name)
    write_active_stack(project.root, arguments.name)
    session.view(views.UsedHuman, views.UsedJson).show(arguments.name)
    return Exit.DONE


def update(arguments: UpdateArguments, session: Session) -> Exit:
    """Pin what remote sources have now; a source that cannot be read stays pinned as it was."""
    if arguments.everything:
        refuse_beside_all(stack=arguments.stack)
    updated = session.project.update(arguments.stack, session.options.env, everything=arguments.everything)
    session.view(sources.UpdatedHuman, sources.UpdatedJson).show(updated)
    return Exit.ERROR if any(item.problem for item in updated) else Exit.DONE


def explain(arguments: ExplainArguments, session: Session) -> Exit:
    """Show each place that was asked which stack to use, and each source that was searched for it."""
    found = session.project.resolver().explain(arguments.stack, session.options.env)
    shared = session.project.policies().shared
    session.view(sources.ExplainedHuman, sources.ExplainedJson).show(found, shared)
    return Exit.DONE


def diff(arguments: DiffArguments, session: Session) -> Exit:
    """Show what two definitions say differently, and what going from one to the other would do."""
    compared = session.project.compare(arguments.old, arguments.new, session.options.env)
    session.view(sources.ComparedHuman, sources.ComparedJson).show(compared)
    return Exit.DONE


LIST = Command(
    NoArguments,
    list_stacks,
    "List every stack that a name can lead to: in flowyml.yaml, in the manifests, in the registry, built in.",
    (("stack list", "the active one is marked with *"),),
)
SHOW = Command(
    ShowArguments,
    show,
    "Show a stack's definition, where it comes from and why this one is used. Sensitive variables stay references.",
    (("stack show prod-gpu-large", "one stack"), ("stack show --env production", "the stack of an environment")),
)
VALIDATE = Command(
    ValidateArguments,
    validate,
    "Read a stack's definition and flowyml.yaml, and list every problem with its file, line and cure.",
    (("stack validate ./stacks/prod.yaml", "a manifest"),),
)
APPLY = Command(
    RegisterArguments,
    register,
    "Register a definition under its name, or bring the registered one up to date. This provisions nothing:\n"
    "`flowyml-infra apply NAME` does.",
    (("stack apply ./stacks/prod.yaml", "register it"), ("apply prod", "then provision it")),
)
USE = Command(
    UseArguments,
    use,
    "Choose the stack that is used when none is named. The choice is this checkout's, in .flowyml/active_stack,\n"
    "and ranks above `active_stack` in flowyml.yaml.",
    (("stack use staging-cpu", "from now on"), ("stack use local", "the built-in stack")),
)
UPDATE = Command(
    UpdateArguments,
    update,
    "Look at what remote sources have now, and pin that in flowyml.lock: the sources on the way to one stack, or all.\n"
    "Policies from elsewhere are on the way to every stack. A tag that moved or a branch that went on is refused\n"
    "everywhere else.",
    (
        ("stack update prod", "what prod comes through"),
        ("stack update --all", "everything"),
        ("stack diff prod", "look first at what an update would bring"),
    ),
)
EXPLAIN = Command(
    ExplainArguments,
    explain,
    "Show why this stack and this version: each place that was asked, each source that was searched, what is pinned,\n"
    "the policies from elsewhere, and what the environment changes.",
    (("stack explain", "the active stack"), ("stack explain --env production", "the stack of an environment")),
)
DIFF = Command(
    DiffArguments,
    diff,
    "Show what two definitions say differently, and what going from OLD to NEW would do to resources, as far as the\n"
    "definitions tell. Nothing is pinned; `plan` compares with what is recorded.",
    (
        ("stack diff prod@2.0.0 prod@2.1.0", "two versions in a registry"),
        ("stack diff github://org/stacks@v1#prod github://org/stacks@v2#prod", "two tags"),
        ("stack diff prod", "what is pinned, and what is there now"),
    ),
)
