"""Owns the registry as pipelines use it: stacks by name that outlive the process, and the one that is active."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.errors import DefinitionError, ResolutionError
from flowyml_infra.resolution.active import write_active_stack
from flowyml_infra.resolution.builtin import BUILTIN_STACK
from flowyml_infra.resolution.registered import RegisteredStack
from flowyml_infra.resolution.resolver import StackResolver, as_definition
from flowyml_infra.resources.clear_secrets import written_secrets
from flowyml_infra.resources.values import canonical_json
from flowyml_infra.stacks.defined import stack_from_definition
from flowyml_infra.stacks.local import LocalStack
from flowyml_infra.state import open_reader, open_store
from flowyml_infra.state.location import locate_state, project_root

if TYPE_CHECKING:
    from pathlib import Path

    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.resolution.resolver import Definable
    from flowyml_infra.stacks.stack import Stack


class StackRegistry:
    """The stacks that one project knows by name.

    Registering one records its definition in the project's state, with an audit event; it provisions nothing.

    Args:
        root: The project's folder; by default the nearest parent of the working directory with a flowyml.yaml.
        state_url: Where the state is; by default as for the command line.
    """

    def __init__(self, root: str | Path | None = None, *, state_url: str | None = None) -> None:
        self.root = project_root(root)
        self._url = locate_state(self.root, state_url)

    def register_stack(self, stack: StackDefinition | Definable) -> None:
        """Record ``stack`` under its name; an earlier one of the name is replaced.

        The built-in stack ``local`` is there already and gets no entry.

        Raises:
            DefinitionError: Its definition is wrong.
            ResolutionError: It is nothing that has a definition, or another stack named ``local``.
        """
        definition = as_definition(stack)
        if definition.name == BUILTIN_STACK:
            _check_builtin(definition)
        else:
            register_definition(definition, self.root, self._url)

    def list_stacks(self) -> list[str]:
        """The names of every stack that can be used, sorted."""
        return sorted(item.name for item in self._resolver().list_stacks())

    def get_stack(self, name: str) -> Stack:
        """The stack of this name.

        Raises:
            ResolutionError: There is none; the hint names the nearest.
        """
        return stack_from_definition(self._resolver().resolve(name))

    def set_active_stack(self, name: str) -> None:
        """Use the stack of this name wherever none is named; it lasts, for this checkout of the project.

        Raises:
            ResolutionError: There is none; the hint names the nearest.
        """
        self._resolver().resolve(name)
        write_active_stack(self.root, name)

    def get_active_stack(self) -> Stack:
        """The stack that is used where none is named; the built-in one when nothing was chosen.

        Raises:
            ResolutionError: The one that was chosen is not there any more.
        """
        return stack_from_definition(self._resolver().resolve())

    def _resolver(self) -> StackResolver:
        return StackResolver(self.root, open_reader(self._url, project_root=self.root))


def _check_builtin(definition: StackDefinition) -> None:
    places = {name: item.local_path for name, item in definition.components().items()}
    builtin = {name: item.local_path for name, item in LocalStack().components.items()}
    if places != builtin:
        raise ResolutionError(
            f"{BUILTIN_STACK!r} is the built-in stack's name, and this stack is another one",
            code="resolution.reserved",
            hint="choose another name; the built-in stack is adjusted under `stacks:` in flowyml.yaml",
        )


def register_definition(definition: StackDefinition, root: Path, url: str) -> RegisteredStack:
    """Record ``definition`` in the state at ``url`` with its StackRegistered event, in one transaction.

    Raises:
        DefinitionError: It holds a secret in the clear, which would be kept like that.
        StateError: The state cannot be written.
    """
    _check_secrets(definition)
    entry = RegisteredStack(
        name=definition.name,
        document=canonical_json(definition.document),
        source=definition.source,
        digest=definition.digest,
        version=definition.version,
    )
    facts = {"version": entry.version, "digest": entry.digest, "source": entry.source}
    store = open_store(url, project_root=root)
    try:
        store.register_stack(entry, events=[AuditEvent("StackRegistered", entry.name, None, facts)])
    finally:
        store.close()
    return entry


def _check_secrets(definition: StackDefinition) -> None:
    found = written_secrets(definition)
    if found:
        raise DefinitionError(
            f"{definition.name} holds a secret in the clear, at {', '.join(found)}, and is kept as it is written",
            code="definition.secret",
            hint="put it into an environment variable and write ${NAME_PASSWORD} instead",
        )


def set_active_stack(name: str) -> None:
    """As :meth:`StackRegistry.set_active_stack`, for the project around the working directory."""
    StackRegistry().set_active_stack(name)


def get_active_stack() -> Stack:
    """As :meth:`StackRegistry.get_active_stack`, for the project around the working directory."""
    return StackRegistry().get_active_stack()
