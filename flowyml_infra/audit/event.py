"""Owns the audit event, its JSON form, and the hash that chains it to its predecessor; storing it is not done here."""

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
        origin: From where: host, command, version and what a CI service says; filled in when appended, if empty.
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
    origin: Mapping[str, object] = MappingProxyType({})

    def to_json(self) -> dict[str, object]:
        """The form that is listed, exported and delivered."""
        return {
            "seq": self.seq,
            "at": self.at,
            "name": self.name,
            "stack": self.stack,
            "environment": self.environment,
            "who": self.who,
            "origin": dict(self.origin),
            "data": dict(self.data),
            "previous": self.previous,
            "hash": self.hash,
        }


def canonical_json(value: object) -> str:
    """The one text for ``value``: sorted keys, no spaces; what UTF-8 cannot say is replaced."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()


def event_hash(event: AuditEvent) -> str:
    """SHA-256, in hexadecimal, over the canonical JSON of everything in ``event`` but its own hash."""
    body = event.to_json()
    del body["hash"]
    return hashlib.sha256(canonical_json(body).encode()).hexdigest()
