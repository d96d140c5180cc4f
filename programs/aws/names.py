"""Owns the names of what belongs to a resource: made of its own name, so that they can be worked out again."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:
    from collections.abc import Sequence

_DIGITS = 8


def part_name(words: Sequence[pulumi.Input[str]], longest: int) -> pulumi.Input[str]:
    """The words with hyphens between them; if that is too long, the beginning of it and a digest of the whole."""
    if all(isinstance(word, str) for word in words):
        return _joined([str(word) for word in words], longest)
    return pulumi.Output.all(*words).apply(lambda found: _joined(found, longest))


def _joined(words: Sequence[str], longest: int) -> str:
    text = "-".join(word for word in words if word)
    if len(text) <= longest:
        return text
    digest = sha256(text.encode()).hexdigest()[:_DIGITS]
    return f"{text[: longest - _DIGITS - 1].rstrip('-')}-{digest}"
