"""Owns what is written down about a step that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.errors import InfraError
from flowyml_infra.outputs.masking import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST: Final = 20_000
"""Characters."""


def describe(error: BaseException, secrets: Iterable[str]) -> str:
    """The error in one line, and below it where it came from; without ``secrets``.

    Frames of this library are left out: they are the same for every step.
    """
    from traceback import extract_tb

    text = str(error) or type(error).__name__
    line = text if isinstance(error, InfraError) else f"{type(error).__name__}: {text}"
    frames = [frame for frame in extract_tb(error.__traceback__) if not _is_ours(frame.filename)]
    where = [f"  {frame.filename}:{frame.lineno} in {frame.name}: {frame.line}" for frame in frames]
    return mask("\n".join([" ".join(line.split()), *where]), secrets)[:_LONGEST]


def mask(text: str, secrets: Iterable[str]) -> str:
    """``text`` without ``secrets``; the longest go first, as one may be part of another."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, SECRET)
    return text


def _is_ours(file: str) -> bool:
    return "/flowyml_infra/runtime/" in file.replace("\\", "/") or "/tenacity/" in file
