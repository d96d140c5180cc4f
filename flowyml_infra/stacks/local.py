"""Owns the stack on this machine as a Python class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.stacks.stack import Stack, given

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json


@dataclass(frozen=True)
class LocalStack(Stack):
    """A folder for artifacts and a SQLite file for metadata; a pipeline may run on it without an apply.

    Attributes:
        name: The stack's name.
        artifact_path: The folder for artifacts; a relative path starts at the project.
        metadata_path: The SQLite file for metadata; likewise.
        registry_path: The folder for container images, or None for no registry.
    """

    name: str = "local"
    artifact_path: str = ".flowyml/artifacts"
    metadata_path: str = ".flowyml/metadata.db"
    registry_path: str | None = None

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
