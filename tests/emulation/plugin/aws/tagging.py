"""Owns the tags of things on AWS: what they may be, and their two spellings, a map and a list of pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

MOST, LONGEST_KEY, LONGEST_VALUE = 50, 128, 256
RESERVED = "aws:"


def problem(tags: Mapping[str, Any]) -> str | None:
    """What AWS refuses in ``tags``; none when it takes them."""
    if len(tags) > MOST:
        return f"{len(tags)} tags; {MOST} are allowed"
    for key, value in tags.items():
        if key.lower().startswith(RESERVED):
            return f"the tag {key!r}: {RESERVED} is for AWS's own"
        if not 0 < len(key) <= LONGEST_KEY or len(str(value)) > LONGEST_VALUE:
            return f"the tag {key!r} is too long"
    return None


def pairs(tags: Mapping[str, str] | None, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """``tags`` as the API takes them; a few services have words of their own for key and value."""
    return [{key: name, value: text} for name, text in sorted((tags or {}).items())]


def mapped(found: Iterable[Mapping[str, str]] | None, key: str = "Key", value: str = "Value") -> dict[str, str]:
    """The tags of the API's answer, without AWS's own."""
    return {pair[key]: pair[value] for pair in found or [] if not pair[key].startswith(RESERVED)}


def outputs(tags: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What a resource shows of its tags."""
    return {"tags": dict(tags), "tagsAll": dict(tags)}


def removed(before: Mapping[str, str] | None, after: Mapping[str, str] | None) -> list[str]:
    """The keys that are not there any more."""
    return sorted(set(before or {}) - set(after or {}))
