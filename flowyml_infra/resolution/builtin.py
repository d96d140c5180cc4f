"""Owns the names of the built-in stack: the one that is used when nothing was asked for."""

from __future__ import annotations

from typing import Final

BUILTIN_STACK: Final = "local"
"""Its name, which no manifest may take."""

BUILTIN_SOURCE: Final = "built-in"
"""What ``source`` says of its definition."""
