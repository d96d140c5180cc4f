"""Owns the audit event and the hash that chains it to its predecessor; storing it is not done here."""

from __future__ import annotations

import hashlib
import json
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

GENESIS = "0" * 64
"""What the first event of a chain points back to."""


class AuditEvent(NamedTuple):
    """Something that was done or decided.

    Attributes:
        name: ``StackApplied``, ``PolicyChecked``, …
        stack: The stack concerned, or None.
        environment: The environment concerned, or None.
        data: Facts as JSON: digests, decisions, counts. Never a secret.
        who: The acting person or service; filled in when appended, if empty.
        at: UTC, ISO 8601 with microseconds; filled in when appended, if empty.
        seq: Position in the chain from 1; 0 until appended.
        previous: Hash of the event before it.
        hash: Hash of this event.
    """

    name: str
    stack: str | None = None
    environment: str | None = None
    data: Mapping[str, object] = MappingProxyType({})
    who: str = ""
    at: str = ""
    seq: int = 0
    previous: str = ""
    hash: str = ""


def event_hash(event: AuditEvent) -> str:
    """SHA-256, in hexadecimal, over the canonical JSON of everything in ``event`` but its own hash."""
    body = [
        event.seq,
        event.at,
        event.name,
        event.stack,
        event.environment,
        event.who,
        dict(event.data),
        event.previous,
    ]
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
