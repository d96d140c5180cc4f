"""Owns the choice of the active stack: one name in ``.flowyml/active_stack``, for this checkout alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.errors import ResolutionError
from flowyml_infra.resolution.paths import is_name
from flowyml_infra.whole_file import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from flowyml_infra.resolution.inputs import Inputs

ACTIVE_FILE = ".flowyml/active_stack"
"""Where the choice is kept, relative to the project."""


def read_active_stack(root: Path, inputs: Inputs) -> str | None:
    """The name chosen, or None."""
    content = inputs.read(root / ACTIVE_FILE)
    return (content or b"").decode("utf-8", "replace").strip() or None


def write_active_stack(root: Path, name: str | None) -> None:
    """Choose ``name``, whole or not at all; None takes the choice back. Whether there is such a stack is not checked.

    Raises:
        ResolutionError: It is a path or URI, which would mean something else from another folder.
        OSError: The project's folder cannot be written.
    """
    if name is not None and not (is_name(name) and name.strip()):
        raise ResolutionError(
            f"{name!r} is not the name of a stack, and only a name can be active",
            code="resolution.not_a_name",
            hint="put the manifest into stacks/ or register it with `flowyml-infra stack apply`, and use its name",
        )
    path = root / ACTIVE_FILE
    if name is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, f"{name}\n".encode())
