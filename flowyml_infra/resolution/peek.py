"""Owns a glance at a manifest: its kind, name and version, read without loading the rest.

It follows the parser's events and stops once it has what it came for, so aliases are never expanded and a manifest of
any size costs little. What it sees only helps to find a manifest; the real loading judges it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml
from yaml.events import (
    CollectionEndEvent,
    CollectionStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml.events import Event

_LOADER = getattr(yaml, "CLoader", yaml.Loader)


@dataclass(frozen=True, slots=True)
class Glance:
    """What a manifest says it is.

    Attributes:
        kind: Its ``kind``, or None.
        name: Its ``metadata.name``, or None.
        version: Its ``metadata.version``, or None.
        problem: Why it could not be read, or None.
    """

    kind: str | None = None
    name: str | None = None
    version: str | None = None
    problem: str | None = None


def glance(content: bytes) -> Glance:
    """What the YAML document ``content`` says it is; never raises for what is in it."""
    try:
        return _glance(yaml.parse(content, Loader=_LOADER))
    except (yaml.YAMLError, UnicodeError, ValueError, StopIteration) as error:
        return Glance(
            problem=" ".join(str(getattr(error, "problem", None) or error).split()) or "it is no YAML mapping"
        )


def _glance(events: Iterator[Event]) -> Glance:
    kind: str | None = None
    metadata: dict[str, str] | None = None
    root = next(event for event in events if isinstance(event, NodeEvent))
    if not isinstance(root, MappingStartEvent):
        return Glance(problem="it is no YAML mapping")
    for key, event in _pairs(events):
        if key == "kind" and isinstance(event, ScalarEvent):
            kind = event.value
        elif key == "metadata" and isinstance(event, MappingStartEvent):
            metadata = dict(_texts(events))
        else:
            _skip(event, events)
        if kind is not None and metadata is not None:
            break
    found = metadata or {}
    return Glance(kind, found.get("name") or None, found.get("version") or None)


def _texts(events: Iterator[Event]) -> Iterator[tuple[str, str]]:
    """The entries that are scalars, of the mapping whose start was just read."""
    for key, event in _pairs(events):
        if isinstance(event, ScalarEvent):
            yield key, event.value
        _skip(event, events)


def _pairs(events: Iterator[Event]) -> Iterator[tuple[str, Event]]:
    """Each key of the mapping whose start was just read, with its value's first event; the caller takes the rest."""
    for event in events:
        if isinstance(event, MappingEndEvent):
            return
        key = event.value if isinstance(event, ScalarEvent) else ""
        _skip(event, events)
        yield key, next(events)


def _skip(event: Event, events: Iterator[Event]) -> None:
    """Take what remains of the node that begins with ``event``."""
    depth = int(isinstance(event, CollectionStartEvent))
    while depth:
        following = next(events)
        depth += isinstance(following, CollectionStartEvent) - isinstance(following, CollectionEndEvent)
