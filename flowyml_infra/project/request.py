"""Owns what a plan was asked for by."""

from __future__ import annotations

from typing import NamedTuple


class Rollback(NamedTuple):
    """What a plan goes back to: an operation, and the digest under which its definition is kept."""

    operation: str
    definition: str


class Request(NamedTuple):
    """What a plan was asked for by, so that its source can be looked at again.

    Attributes:
        stack: A name or path; None when a definition was handed over as an object, which has no source to look at.
        env: The environment asked for, or None.
        force_env: Whether the environment may map to another stack.
        file: When ``stack`` is the path of a manifest, that path as seen from the project.
        rollback: Where it was made from a recorded definition, in place of ``stack``: which.
    """

    stack: str | None
    env: str | None = None
    force_env: bool = False
    file: str | None = None
    rollback: Rollback | None = None
