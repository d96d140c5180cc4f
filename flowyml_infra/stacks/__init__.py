"""Home of the public stack classes; each is imported when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowyml_infra.stacks.defined import stack_from_definition
    from flowyml_infra.stacks.local import LocalStack
    from flowyml_infra.stacks.stack import Stack

__all__ = ["LocalStack", "Stack", "stack_from_definition"]

_HOMES = {
    "LocalStack": "flowyml_infra.stacks.local",
    "Stack": "flowyml_infra.stacks.stack",
    "stack_from_definition": "flowyml_infra.stacks.defined",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
