"""Owns how values are written for people: masked JSON as text, flat paths, columns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import printable, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowyml_infra.resources.values import Json

SECRET = "(secret)"  # noqa: S105 -- what stands in a secret's place
UNKNOWN = "(known after apply)"
LONGEST = 120
"""Texts beyond this many characters are cut where a short form was asked for."""


def render(value: Json, *, short: bool = False) -> str:
    """``value`` on one line, texts in quotes; a masked secret without them, and what is not known yet."""
    if value in (SECRET, UNKNOWN):
        return str(value)
    if isinstance(value, list):
        text = f"[{', '.join(render(item) for item in value)}]"
    else:
        text = quoted(value) if isinstance(value, str) else printable(json.dumps(value, ensure_ascii=False))
    if short and len(text) > LONGEST:
        return f"{text[: LONGEST - 20]}... ({len(text)} characters)"
    return text


def flatten(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    """The single values inside ``value`` with their dotted paths; lists and empty mappings count as single values."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from flatten(item, f"{path}.{key}" if path else key)
    else:
        yield path, value


def columns(rows: Sequence[Sequence[str]], titles: Sequence[str]) -> list[str]:
    """``rows`` below their titles as lines of text, each column as wide as its widest cell."""
    table = [tuple(titles), *(tuple(printable(cell) for cell in row) for row in rows)]
    widths = [max(len(row[index]) for row in table) for index in range(len(titles))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


def counted(number: int, noun: str) -> str:
    """``1 resource``, ``2 resources``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
