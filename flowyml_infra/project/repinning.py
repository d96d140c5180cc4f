"""Owns the update of pins for a project, and the events that tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.errors import ResolutionError
from flowyml_infra.project.policies import policies_in_force
from flowyml_infra.resolution.remotes import Mode
from flowyml_infra.resolution.updating import update_everything, update_stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowyml_infra.project.facade import Project
    from flowyml_infra.resolution.loading import Loading
    from flowyml_infra.resolution.lockfile import Pin
    from flowyml_infra.resolution.updating import Updated


def update_pins(project: Project, stack: str | None, env: str | None, *, everything: bool) -> list[Updated]:
    """See ``Project.update``."""
    loading = project.resolver().loading(env, mode=Mode.UPDATE)
    lock = loading.remotes.lock
    before = dict(lock.pins)
    try:
        problem = _update_policies(project, loading)
        if problem is not None and not everything:
            raise problem
        updated = update_everything(loading, before) if everything else update_stack(loading, stack, before)
        if problem is not None and not any(item.problem for item in updated):
            raise problem
        return updated
    finally:
        # A failure part way leaves what was pinned until then.
        events = tuple(_events(before, lock.pins))
        if events:
            project.note_events(*events)


def _update_policies(project: Project, loading: Loading) -> ResolutionError | None:
    """Pin the policies from elsewhere anew, which are on the way to every stack; what went wrong, or None."""
    try:
        policies_in_force(project, project.config.policies_document, lambda: loading)
    except ResolutionError as error:
        return error
    return None


def _events(before: Mapping[str, Pin], after: Mapping[str, Pin]) -> Iterator[AuditEvent]:
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old != new:
            yield AuditEvent("SourceUpdated", data={"source": name, "before": _told(old), "after": _told(new)})


def _told(pin: Pin | None) -> dict[str, object] | None:
    return None if pin is None else {key: value for key, value in pin.to_json().items() if key != "files"}
