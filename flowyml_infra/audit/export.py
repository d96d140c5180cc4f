"""Owns the exported log: one JSON object a line, the events first and the signed head last, and checking such a file.

Who has the public key needs nothing else to check it: neither the database nor the machine it was on.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from flowyml_infra.audit.chain import Head, read_head, utc_now
from flowyml_infra.audit.event import AuditEvent, canonical_json
from flowyml_infra.audit.head import SeenHead, head_from_json
from flowyml_infra.audit.signing import own_key, public_pem, signature_holds
from flowyml_infra.audit.store import SELECT, decode
from flowyml_infra.audit.verification import ChainProblem, Verdict, judge, verify, verify_rows
from flowyml_infra.audit.witness import sign_head
from flowyml_infra.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from flowyml_infra.audit.store import AuditStore

FORMAT_VERSION = "1"
_EVENT_KEYS = frozenset(AuditEvent._fields)


def signed_log(store: AuditStore) -> tuple[list[AuditEvent], SeenHead]:
    """Every event of ``store`` and the signed head; the head is noted, too.

    Raises:
        AuditError: The log is broken, which a signature must not vouch for, or the key cannot be used.
    """
    noted = store.notes.read()
    with store.database.reading() as execute:
        rows: Sequence[Any] = [] if execute is None else execute(f"{SELECT} ORDER BY seq", {}).fetchall()
        head = Head() if execute is None else read_head(execute)
        problems = [] if execute is None else verify_rows(rows, head)
    if head is None or judge([row[8] for row in rows], problems, noted).problems:
        raise AuditError(
            "the log is not whole, and a signature would vouch for it",
            hint="`flowyml-infra audit verify` says what is wrong",
        )
    signed = sign_head(SeenHead(head.seq, head.hash, utc_now()))
    if signed.seq:
        store.notes.add(signed)
    return [decode(row) for row in rows], signed


def export_lines(events: Iterable[AuditEvent], head: SeenHead) -> Iterable[str]:
    """The lines of an exported log, without their ends."""
    for event in events:
        yield canonical_json(event.to_json())
    yield head_line(head)


def head_line(head: SeenHead) -> str:
    """The last line of an exported log; also what is exported of the head alone."""
    return canonical_json({"format_version": FORMAT_VERSION, "head": head.to_json()})


def write_file(path: Path, lines: Iterable[str]) -> None:
    """Write ``lines`` to ``path``; whole or not at all.

    Raises:
        AuditError: It cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        try:
            with partial.open("x", encoding="utf-8", newline="\n") as file:
                file.writelines(f"{line}\n" for line in lines)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise AuditError(f"{path} cannot be written: {error.strerror}", code="audit.file") from error


def own_public_pem() -> str:
    """The public key of this user as PEM; makes the pair when there is none.

    Raises:
        AuditError: The key cannot be used or made.
    """
    return public_pem(own_key().public)


def verify_export(text: str, keys: Sequence[str]) -> tuple[Verdict, list[str]]:
    """What is wrong with the exported log ``text``, and the hashes of its events.

    Args:
        text: The content of the file.
        keys: The public keys that are trusted; the head must be signed with one of them.
    """
    problems: list[ChainProblem] = []
    events: list[AuditEvent] = []
    lines = text.removesuffix("\n").split("\n")
    head = _read_head(lines[-1])
    for number, line in enumerate(lines if head is None else lines[:-1], 1):
        try:
            events.append(_read_event(line))
        except (ValueError, TypeError):
            problems.append(ChainProblem(number, "this line is no event as the library writes it"))
    if head is None:
        problems.append(ChainProblem(len(events), "the signed head is missing: the end was cut"))
    else:
        problems += check_signature(head, keys)
        problems += verify(events, Head(head.seq, head.hash))
    end = Head(events[-1].seq, events[-1].hash) if events else Head()
    return Verdict(tuple(problems), end, 0, head), [event.hash for event in events]


def check_signature(head: SeenHead, keys: Sequence[str]) -> list[ChainProblem]:
    """Whether ``head`` is signed with one of ``keys``."""
    if not head.signature:
        return [ChainProblem(head.seq, "the head is not signed")]
    if head.key not in keys:
        return [ChainProblem(head.seq, f"the head is signed with the key {head.key}, which is not the one expected")]
    if not signature_holds(head):
        return [ChainProblem(head.seq, "the signature does not fit the head")]
    return []


def _read_head(line: str) -> SeenHead | None:
    try:
        document = json.loads(line)
        head = head_from_json(document["head"])
    except (ValueError, TypeError, KeyError):
        return None
    return head if head_line(head) == line else None


def _read_event(line: str) -> AuditEvent:
    """The event in ``line``.

    Raises:
        ValueError: It is none, or not written as the library does.
    """
    document = json.loads(line)
    if not isinstance(document, dict) or document.keys() != _EVENT_KEYS or canonical_json(document) != line:
        raise ValueError("not written as the library does")
    return AuditEvent(**document)
