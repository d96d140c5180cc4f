"""Owns which engines there are, and the bench that reading the world needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.apply.bench import Bench
    from flowyml_infra.apply.engine import Engine
    from flowyml_infra.apply.engines.pulumi import Site
    from flowyml_infra.project.facade import Project
    from flowyml_infra.project.surroundings import Outside
    from flowyml_infra.resources.kind import EngineName
    from flowyml_infra.state.snapshot import Snapshot

ENGINE_VERSIONS: Mapping[str, str] = {"local": __version__, "pulumi": __version__}
"""Version by engine name; a saved plan is bound to them."""


def engines(project: Project) -> Mapping[EngineName, Engine]:
    """Engine by name."""
    from flowyml_infra.apply.engines.local import LocalEngine
    from flowyml_infra.apply.engines.pulumi import PulumiEngine

    return {"local": LocalEngine(), "pulumi": PulumiEngine(lambda: _site(project))}


def _site(project: Project) -> Site:
    """Where Pulumi keeps its own record: beside the state, unless the project says where."""
    from flowyml_infra.apply.engines.pulumi import Site
    from flowyml_infra.project.engine_settings import engine_backend, engine_folder, engine_settings

    def passphrase(lineage: str) -> str:
        return project.sealer().sign(f"pulumi passphrase v1 {lineage}".encode())

    def derive(purpose: str) -> str:
        return project.sealer().sign(f"password v1 {purpose}".encode())

    return Site(
        engine_backend(project),
        engine_folder(project),
        passphrase,
        derive,
        engine_settings(project.config),
        project.config.state_secrets,
    )


def reading_bench(project: Project, snapshot: Snapshot, outside: Outside) -> Bench:
    """A bench for reading what ``snapshot`` records; it holds no lease, and nothing may be changed with it."""
    from flowyml_infra.apply.bench import Bench
    from flowyml_infra.apply.engine import EngineContext

    context = EngineContext(project.root, snapshot.key, lambda: None, snapshot.lineage or "")
    around = outside.surroundings("", ENGINE_VERSIONS, None)
    return Bench(context, engines(project), around, project.sealer, snapshot.lineage or "", {})
