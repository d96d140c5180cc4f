"""Owns the type of plain JSON and its canonical text; what JSON cannot say has its own types further up."""

from __future__ import annotations

import hashlib
import json
from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
"""What the ``json`` module reads and writes."""


def digest_of(data: Json) -> str:
    """SHA-256 over the canonical text of ``data``: keys sorted, no spaces, non-ASCII kept; in hexadecimal."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
