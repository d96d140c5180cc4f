"""Owns what the emulator forgets of a thing: it is kept in tags of AWS's own prefix, which no resource shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

PREFIX = "aws:stand-in:"


def written(**facts: Any) -> dict[str, str]:
    """``facts`` as tags."""
    return {f"{PREFIX}{name}": json.dumps(fact, sort_keys=True) for name, fact in facts.items()}


def read(tags: Mapping[str, str]) -> dict[str, Any]:
    """The facts that are in ``tags``."""
    return {name.removeprefix(PREFIX): json.loads(value) for name, value in tags.items() if name.startswith(PREFIX)}
