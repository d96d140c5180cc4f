"""Declare the stacks that machine-learning pipelines run on, plan and apply them under policy, run on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.version import __version__

if TYPE_CHECKING:
    from flowyml_infra.project import Project
    from flowyml_infra.runtime.context import context
    from flowyml_infra.runtime.current import log_metric
    from flowyml_infra.runtime.pipeline import Pipeline
    from flowyml_infra.runtime.step import step

__all__ = ["Pipeline", "Project", "__version__", "context", "log_metric", "step"]

_HOMES = {
    "Pipeline": "flowyml_infra.runtime.pipeline",
    "Project": "flowyml_infra.project",
    "context": "flowyml_infra.runtime.context",
    "log_metric": "flowyml_infra.runtime.current",
    "step": "flowyml_infra.runtime.step",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use, so that ``import flowyml_infra`` stays cheap."""
    if name in _HOMES:
        from importlib import import_module

        value: object = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
