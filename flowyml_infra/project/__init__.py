"""Home of the facade: one project folder, and everything that can be asked of it."""

from __future__ import annotations

from flowyml_infra.project.binding import bind_stack
from flowyml_infra.project.facade import Project
from flowyml_infra.project.planned import Planned

__all__ = ["Planned", "Project", "bind_stack"]
