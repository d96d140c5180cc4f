"""Owns the memory that a plan had nothing to do, so that asking again costs reading and no planning.

A plan without secrets from outside is made of the compiled definition, the recorded state and the code, and of nothing
else. While all three are what they were, checked byte by byte, it has nothing to do again. Whatever is said otherwise
about the plan, its document for programs among it, takes making the plan.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.resolution.inputs import Inputs
from flowyml_infra.resources.compilation import CompileRequest, is_entry_of, request_key
from flowyml_infra.resources.compilation_cache import CompilationCache
from flowyml_infra.state.key import DeploymentKey

if TYPE_CHECKING:
    from flowyml_infra.project.facade import Project
    from flowyml_infra.project.planned import Planned
    from flowyml_infra.project.request import Request
    from flowyml_infra.resources.values import Json


class Unchanged(NamedTuple):
    """A deployment that is as its definition says: how it is called, its number of resources, where it is defined."""

    deployment: str
    resources: int
    source: str


WAIVERS_FILE = "flowyml.waivers.yaml"
"""Its name in ``policy.waivers``, which takes time to load."""

_TIMELESS = frozenset({"allowed_stacks", "required_labels", "image_policy"})
"""The policies that say the same as long as flowyml.yaml does; others depend on files, on time or on who asks."""


def recall(project: Project, request: Request) -> Unchanged | None:
    """What is remembered of the plan for ``request`` if it holds, with the events of a plan recorded; else None.

    Raises:
        CorruptStateError: The state is damaged.
    """
    compiling = _compiling(project, request)
    cache, key = CompilationCache(project.root), request_key(compiling)
    note = cast("dict[str, Any] | None", cache.load_note(key))
    entry = None if note is None else cache.load(key)
    if note is None or entry is None or entry.digest != note["entry"] or _has_waivers(project):
        return None
    if not Inputs(os.environ, project.reader()).hold(entry.record):
        return None
    deployment = DeploymentKey(note["stack"], note["environment"])
    if project.reader().fingerprint(deployment) != note["state"]:
        return None
    where = (deployment.stack, deployment.environment)
    project.note_events(*(AuditEvent(name, *where, data) for name, data in note["events"]))
    return Unchanged(str(deployment), note["count"], note["source"])


def remember(project: Project, request: Request, planned: Planned) -> None:
    """Remember ``planned``, made for ``request``, if it has nothing to do and nothing from outside is in it."""
    plan = planned.plan
    if plan.has_writes or plan.diagnostics or planned.decision.findings or planned.outside.asked:
        return
    if (
        not _TIMELESS.issuperset(plan.compiled.policies)
        or planned.decision.facts.get("images")
        or _has_waivers(project)
    ):
        return
    state = project.reader().fingerprint(plan.key)
    if state is None or not state.startswith(f"{plan.bindings.lineage}/{plan.bindings.serial}/"):
        return
    compiling = _compiling(project, request)
    cache, key = CompilationCache(project.root), request_key(compiling)
    entry = cache.load(key)
    if entry is None or not is_entry_of(entry, plan.compiled, Inputs(os.environ, project.reader())):
        return
    from flowyml_infra.project.events import plan_events

    note: dict[str, Json] = {
        "entry": entry.digest,
        "state": state,
        "stack": plan.key.stack,
        "environment": plan.key.environment,
        "count": len(plan.changes),
        "source": plan.compiled.source,
        "events": [[event.name, _timeless(event)] for event in plan_events(planned)],
    }
    cache.store_note(key, note)


def _has_waivers(project: Project) -> bool:
    return os.path.exists(os.path.join(project.root, WAIVERS_FILE))  # noqa: PTH110, PTH118 - no pathlib here


def _timeless(event: AuditEvent) -> Json:
    """The data of ``event`` without when and by whom it was decided: the event itself says that."""
    return cast("Json", {key: value for key, value in event.data.items() if key != "facts"})


def _compiling(project: Project, request: Request) -> CompileRequest:
    return CompileRequest(project.root, request.stack, request.env, request.force_env, os.environ)
