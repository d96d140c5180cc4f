"""Owns saved plans on disk: writing one whole or not at all, and making one again from its file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.errors import StalePlanError, UsageError
from flowyml_infra.plan.planner import make_plan
from flowyml_infra.plan.refreshed import overlay_snapshot
from flowyml_infra.plan.saved import SavedPlan, dump_plan, load_plan
from flowyml_infra.project.engines import ENGINE_VERSIONS
from flowyml_infra.project.planned import Planned
from flowyml_infra.project.policies import judge_plan
from flowyml_infra.project.request import Request, Rollback
from flowyml_infra.project.surroundings import Outside, unseal_variables
from flowyml_infra.whole_file import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from flowyml_infra.project.facade import Project
    from flowyml_infra.resources.values import Json
    from flowyml_infra.state.snapshot import Snapshot

AGAIN = "make a new plan with `flowyml-infra plan --out FILE`"


def write_plan(planned: Planned, path: Path) -> None:
    """Write ``planned`` to ``path`` with mode 0600."""
    outside, plan = planned.outside, planned.plan
    plan = replace(plan, variables=outside.sealed_variables(plan.id))
    asked = planned.request
    request: dict[str, Json] = {
        "stack": asked.stack,
        "env": asked.env,
        "force_env": asked.force_env,
        "file": asked.file,
        "rollback": None if asked.rollback is None else list(asked.rollback),
    }
    write_whole(path, dump_plan(plan, planned.to_json(), request, outside.sealer()))


def reload_plan(project: Project, path: Path) -> Planned:
    """The plan saved in ``path``, made again from what it was made from.

    Raises:
        StalePlanError: It was edited, was made from another state, or would not come out the same any more.
        UsageError: There is no such file.
    """
    saved = _read(project, path)
    snapshot = project.reader().snapshot(saved.key)
    _check_serial(saved, snapshot, path)
    outside = Outside(saved.key.environment, project.reader(), project.sealer, unseal_variables(saved, project.sealer))
    around = outside.surroundings(saved.bindings.policy_digest, ENGINE_VERSIONS, saved)
    plan = make_plan(saved.compiled, overlay_snapshot(snapshot, saved.refreshed), saved.options, around)
    if plan.digest != saved.digest:
        raise StalePlanError(f"{path} would not do today what it said: something it refers to has changed", hint=AGAIN)
    plan = replace(plan, refreshed=saved.refreshed)
    asked = saved.request
    rollback = Rollback(*asked["rollback"]) if asked.get("rollback") else None
    request = Request(asked["stack"], asked["env"], asked["force_env"], asked["file"], rollback)
    return Planned(plan, judge_plan(project, plan), request, outside, path)


def _read(project: Project, path: Path) -> SavedPlan:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", code="plan.unreadable", hint=AGAIN) from error
    return load_plan(data, project.sealer(), str(path))


def _check_serial(saved: SavedPlan, snapshot: Snapshot, path: Path) -> None:
    if snapshot.lineage not in (None, saved.bindings.lineage):
        raise StalePlanError(f"{path} was made for another deployment of {saved.key}", hint=AGAIN)
    if snapshot.serial != saved.bindings.serial:
        raise StalePlanError(
            f"{path} is stale or was applied before: {saved.key} is at serial {snapshot.serial}, "
            f"the plan was made at {saved.bindings.serial}",
            hint=AGAIN,
        )
