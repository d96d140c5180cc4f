"""Owns the registering of a definition, so that it is found by name from then on; it provisions nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.resolution.registered import RegisteredStack
from flowyml_infra.resources.values import canonical_json

if TYPE_CHECKING:
    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.project.facade import Project


def register(project: Project, definition: StackDefinition) -> RegisteredStack:
    """Record ``definition`` in the registry, with its event, in one transaction.

    Raises:
        StateError: The state cannot be written.
    """
    entry = RegisteredStack(
        name=definition.name,
        document=canonical_json(definition.document),
        source=definition.source,
        digest=definition.digest,
        version=definition.version,
    )
    facts = {"version": entry.version, "digest": entry.digest, "source": entry.source}
    project.store().register_stack(entry, events=[AuditEvent("StackRegistered", entry.name, None, facts)])
    return entry
