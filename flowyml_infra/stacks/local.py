"""Owns the stack on this machine as a Python class."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flowyml_infra.stacks.stack import Stack, given

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json
    from flowyml_infra.runtime.artifacts.local import LocalArtifactStore
    from flowyml_infra.runtime.executors.executor import Executor
    from flowyml_infra.runtime.metadata.sqlite import SQLiteMetadataStore
    from flowyml_infra.runtime.orchestrators.orchestrator import Orchestrator


@dataclass(frozen=True)
class LocalStack(Stack):
    """A folder for artifacts and a SQLite file for metadata; a pipeline may run on it without an apply.

    Attributes:
        name: The stack's name.
        artifact_path: The folder for artifacts; a relative path starts at the project.
        metadata_path: The SQLite file for metadata; likewise.
        registry_path: The folder for container images, or None for no registry.
        orchestrator: What decides when steps run; by default ``LocalOrchestrator``.
        executor: What carries out the steps that have this stack of their own; by default ``LocalExecutor``.
    """

    name: str = "local"
    artifact_path: str = ".flowyml/artifacts"
    metadata_path: str = ".flowyml/metadata.db"
    registry_path: str | None = None
    orchestrator: Orchestrator | None = field(default=None, compare=False)
    executor: Executor | None = field(default=None, compare=False)

    def spec(self) -> dict[str, Json]:
        """``spec`` of the manifest that this stack stands for."""
        # The paths are those of the caller's own machine, so they may lead anywhere.
        spec: dict[str, Json] = {
            "provider": "local",
            "storage": {
                "artifact_store": {"uri": self.artifact_path, "allow_outside": True},
                "metadata_store": {"uri": self.metadata_path, "allow_outside": True},
            },
        }
        if self.registry_path is not None:
            spec["registry"] = given(path=self.registry_path, allow_outside=True)
        return spec

    @property
    def artifact_store(self) -> LocalArtifactStore:
        """The folder for artifacts; a relative path starts at the working directory, in a run at the project."""
        from flowyml_infra.runtime.artifacts.local import LocalArtifactStore

        return LocalArtifactStore(self.artifact_path)

    @property
    def metadata_store(self) -> SQLiteMetadataStore:
        """The SQLite file for metadata; likewise."""
        from flowyml_infra.runtime.metadata.sqlite import SQLiteMetadataStore

        return SQLiteMetadataStore(self.metadata_path)
