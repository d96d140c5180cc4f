"""Owns taking note of where a chain ends, with a signature where something was done, and accepting another end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.audit.chain import append, read_head, utc_now
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.audit.head import SeenHead
from flowyml_infra.audit.notes import furthest
from flowyml_infra.audit.store import SELECT
from flowyml_infra.errors import AuditError

if TYPE_CHECKING:
    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.audit.notes import Notes
    from flowyml_infra.audit.store import AuditStore

LOOKS = frozenset({"PlanCreated", "PolicyChecked", "StackValidated"})
"""Events of commands that change nothing. Signing would cost as much as a good part of such a command, so their heads
are noted unsigned; the next head that is signed vouches for them."""

_NAMES_SINCE = "SELECT DISTINCT name FROM audit WHERE seq > :seq"
_HASHES = "SELECT hash FROM audit ORDER BY seq"


def note_end(store: AuditStore) -> None:
    """Note where the chain of ``store`` ends now; signed when more than looking was done since the last signed note.

    Raises:
        AuditError: The key cannot be used; the end is noted all the same.
        StateError: The database cannot be read.
    """
    noted = store.notes.read()
    signed = furthest(head for head in noted if head.signature)
    with store.database.reading() as execute:
        head = None if execute is None else read_head(execute)
        if execute is None or head is None or head.seq == 0:
            return
        names = execute(_NAMES_SINCE, {"seq": signed.seq if signed else 0}).fetchall()
        _tidy(execute, store.notes)
    acted = not LOOKS.issuperset(row[0] for row in names)
    last = furthest(noted)
    if not acted and last is not None and last[:2] == head:
        return
    seen = SeenHead(head.seq, head.hash, utc_now())
    try:
        store.notes.add(sign_head(seen) if acted else seen)
    except AuditError:
        store.notes.add(seen)
        raise


def sign_head(head: SeenHead) -> SeenHead:
    """``head`` with this user's signature; makes the key when there is none.

    Raises:
        AuditError: The key cannot be used or made.
    """
    from flowyml_infra.audit.signing import own_key

    return own_key().sign(head)


def accept(store: AuditStore, why: str) -> None:
    """Take the chain as it is, although it is not the one that was noted: a backup put back, or a log begun anew.

    What was noted goes into an event, and its file is set aside.

    Raises:
        AuditError: The chain is broken in itself, or there is none: that cannot be accepted.
        StateError: The database cannot be written.
    """
    from flowyml_infra.audit.verification import compare, verify_rows

    noted = store.notes.read()
    last = furthest(noted)
    with store.database.transaction() as execute:
        rows = [] if execute is None else execute(f"{SELECT} ORDER BY seq", {}).fetchall()
        head = None if execute is None else read_head(execute)
        if execute is None or head is None or verify_rows(rows, head):
            raise AuditError(
                "a log that is gone or broken in itself cannot be accepted",
                code="audit.unacceptable",
                hint="put back the state from a backup, and accept that",
            )
        problems = compare([row[8] for row in rows], noted, "as the notes said")
        facts = {
            "why": why,
            "noted": None if last is None else last.to_json(),
            "found": {"seq": head.seq, "hash": head.hash},
            "problems": [problem.message for problem in problems],
        }
        append(execute, [AuditEvent("AuditLogAccepted", data=facts)])
    store.notes.set_aside()
    note_end(store)


def _tidy(execute: Execute, notes: Notes) -> None:
    """Shorten notes that have grown long, unless one of them does not fit."""
    from flowyml_infra.audit.verification import compare

    if notes.is_long() and not compare([row[0] for row in execute(_HASHES, {}).fetchall()], notes.read(), ""):
        notes.condense()
