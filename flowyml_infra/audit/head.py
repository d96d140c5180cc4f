"""Owns a head as it is kept away from its chain: the number of events at a moment, the last hash, a signature.

The hash of an event covers all events before it, so one head vouches for the whole chain up to it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from flowyml_infra.audit.event import canonical_json
from flowyml_infra.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PURPOSE = "flowyml-infra audit head v1"
_HASH = re.compile(r"[0-9a-f]{64}")


class SeenHead(NamedTuple):
    """The end of a chain as somebody saw it.

    Attributes:
        seq: How many events there were.
        hash: The hash of the last one.
        at: When it was seen: UTC, ISO 8601.
        key: The public key it is signed with, 32 bytes in base64; empty when it is not signed.
        signature: Over :meth:`message`, 64 bytes in base64.
    """

    seq: int
    hash: str
    at: str
    key: str = ""
    signature: str = ""

    def message(self) -> bytes:
        """What a signature is made over: canonical JSON of everything but the signature, with what it is for."""
        body = {"purpose": _PURPOSE, "seq": self.seq, "hash": self.hash, "at": self.at, "key": self.key}
        return canonical_json(body).encode()

    def to_json(self) -> dict[str, object]:
        """The form in files; what is empty is left out."""
        return {name: value for name, value in self._asdict().items() if value != ""}


def head_from_json(data: Mapping[str, Any]) -> SeenHead:
    """The head that :meth:`SeenHead.to_json` wrote.

    Raises:
        ValueError: It is none.
    """
    head = SeenHead(*(data.get(name, "") for name in SeenHead._fields))
    texts = (head.hash, head.at, head.key, head.signature)
    if type(head.seq) is not int or head.seq < 0 or not all(isinstance(text, str) for text in texts):
        raise ValueError("a head has a number, a hash and a time")
    if not is_hash(head.hash):
        raise ValueError("the hash of a head is 64 hexadecimal digits")
    return head


def is_hash(text: str) -> bool:
    """Whether ``text`` is written like the hash of an event."""
    return _HASH.fullmatch(text) is not None


def parse_head(text: str, source: str) -> SeenHead:
    """The head in ``text``: what ``audit export --head`` wrote, or an exported log, whose last line has it.

    Raises:
        AuditError: There is none in it.
    """
    for line in (text.strip(), text.strip().rpartition("\n")[2]):
        try:
            document = json.loads(line)
            return head_from_json(document["head"])
        except (ValueError, TypeError, KeyError):
            continue
    raise AuditError(
        f"{source} holds no head of an audit log",
        code="audit.head",
        hint="give a file that `flowyml-infra audit export` wrote, with or without --head, or the hash of an event",
    )
