"""Owns which engines there are, and the bench that reading the world needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.apply.bench import Bench
    from flowyml_infra.apply.engine import Engine
    from flowyml_infra.project.facade import Project
    from flowyml_infra.project.surroundings import Outside
    from flowyml_infra.resources.kind import EngineName
    from flowyml_infra.state.snapshot import Snapshot

ENGINE_VERSIONS: Mapping[str, str] = {"local": __version__}
"""Version by engine name; a saved plan is bound to them."""


def engines() -> Mapping[EngineName, Engine]:
    """Engine by name."""
    from flowyml_infra.apply.engines.local import LocalEngine

    return {"local": LocalEngine()}


def reading_bench(project: Project, snapshot: Snapshot, outside: Outside) -> Bench:
    """A bench for reading what ``snapshot`` records; it holds no lease, and nothing may be changed with it."""
    from flowyml_infra.apply.bench import Bench
    from flowyml_infra.apply.engine import EngineContext

    context = EngineContext(project.root, snapshot.key, lambda: None)
    around = outside.surroundings("", ENGINE_VERSIONS, None)
    return Bench(context, engines(), around, project.sealer, snapshot.lineage or "", {})
