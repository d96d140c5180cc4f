"""Owns ``stack …``: the definitions that names lead to, and the registry of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Arguments, Command, NoArguments, field, positional
from flowyml_infra.cli.arguments.selection import STACK
from flowyml_infra.cli.commands.validate import ValidateArguments
from flowyml_infra.cli.commands.validate import run as validate
from flowyml_infra.cli.exits import Exit
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


class UseArguments(Arguments):
    """The arguments of ``stack use``."""

    name: str = field(positional("NAME", "the stack"))


def list_stacks(arguments: NoArguments, session: Session) -> Exit:  # noqa: ARG001 -- there are none
    """Show every stack that can be named."""
    session.view(views.StacksHuman, views.StacksJson).show(session.project.resolver().list_stacks())
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
