"""Owns shell scripts that stand for programs on PATH."""

from __future__ import annotations

from pathlib import Path


def program(path: Path, text: str) -> Path:
    """Make ``path`` a script of the lines ``text``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path
