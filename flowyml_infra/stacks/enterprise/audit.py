"""Owns the public audit store: that of the project's state, wherever flowyml.yaml says that this is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.audit.store import AuditStore as DatabaseAudit
from flowyml_infra.state.location import locate_state
from flowyml_infra.state.location import project_root as find_root

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["AuditStore"]


class AuditStore(DatabaseAudit):
    """What was done, by whom and when; see ``audit.store.AuditStore``.

    Args:
        url: The state's URL; by default as for the command line.
        project_root: The project's folder; by default the nearest parent of the working directory with a flowyml.yaml.
    """

    def __init__(self, url: str | None = None, *, project_root: str | Path | None = None) -> None:
        folder = find_root(project_root)
        super().__init__(locate_state(folder, url), project_root=folder)
