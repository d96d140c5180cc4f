"""Owns the public resolver: the project's own, with the stacks that were registered in its state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.resolution.resolver import StackResolver as ProjectResolver
from flowyml_infra.state import open_reader
from flowyml_infra.state.location import locate_state, project_root

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["StackResolver"]


class StackResolver(ProjectResolver):
    """Finds definitions by name, path, URI or object; see ``resolution.resolver.StackResolver``.

    Args:
        root: The project's folder; by default the nearest parent of the working directory with a flowyml.yaml.
        state_url: Where stacks are registered; by default as for the command line.
    """

    def __init__(self, root: str | Path | None = None, *, state_url: str | None = None) -> None:
        folder = project_root(root)
        super().__init__(folder, open_reader(locate_state(folder, state_url), project_root=folder))
