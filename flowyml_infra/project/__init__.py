"""Home of the facade: one project folder, and everything that can be asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.project.facade import Project

if TYPE_CHECKING:
    from flowyml_infra.project.binding import bind_stack
    from flowyml_infra.project.planned import Planned

__all__ = ["Planned", "Project", "bind_stack"]

_HOMES = {"Planned": "flowyml_infra.project.planned", "bind_stack": "flowyml_infra.project.binding"}


def __getattr__(name: str) -> object:
    """Import a public name on first use; a plan needs none of them."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
