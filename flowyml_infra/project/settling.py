"""Owns what follows when a command is done: the end of the audit log is noted, and its webhook gets the new events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.errors import InfraError

if TYPE_CHECKING:
    from flowyml_infra.audit.store import AuditStore
    from flowyml_infra.project.facade import Project


def settle(project: Project, *, wrote: bool) -> list[str]:
    """See ``Project.close``; raises nothing, because what was done is done.

    Args:
        project: The project.
        wrote: Whether a store was opened; what a reader appends is noted as it is appended.
    """
    told = _mentions_webhook(project)
    if not wrote and not told:
        return []
    from flowyml_infra.audit.store import AuditStore

    store = AuditStore(project.state_url, project_root=project.root)
    problems: list[str] = []
    if wrote:
        problems += _noted(store)
    if told:
        problems += _delivered(project, store)
    return problems


def _mentions_webhook(project: Project) -> bool:
    """Most projects configure none; then the file need not be parsed. An escape could spell the word otherwise."""
    try:
        with open(project.root / "flowyml.yaml", "rb") as file:  # noqa: PTH123 - no pathlib here
            data = file.read()
    except OSError:
        return False
    return b"webhook" in data or (b"audit" in data and b"\\" in data)


def _noted(store: AuditStore) -> list[str]:
    from flowyml_infra.audit.witness import note_end

    try:
        note_end(store)
    except InfraError as error:
        return [f"the end of the audit log is not signed: {error.message}"]
    return []


def _delivered(project: Project, store: AuditStore) -> list[str]:
    from flowyml_infra.audit.delivery import deliver

    try:
        hook = project.config.webhook
    except InfraError as error:
        return [f"the webhook was not told: {error.message}"]
    undelivered = None if hook is None else deliver(store, hook)
    if undelivered is None:
        return []
    return [f"{undelivered.host} did not get every event: {undelivered.reason}; the next command tries again"]
