"""Owns finding what was done to a chain: in itself, and against heads that were kept elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flowyml_infra.audit.chain import Head, read_event
from flowyml_infra.audit.event import AuditEvent, canonical_json, event_hash
from flowyml_infra.audit.notes import furthest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flowyml_infra.audit.head import SeenHead


class ChainProblem(NamedTuple):
    """Something that was done to the chain; ``seq`` is the position it shows at."""

    seq: int
    message: str


class Verdict(NamedTuple):
    """What a look at a whole chain found.

    Attributes:
        problems: What is wrong; empty when nothing is.
        head: Its end as it is now.
        compared: How many heads that were kept elsewhere it was compared with.
        signed: The furthest of them whose signature was checked, or None.
    """

    problems: tuple[ChainProblem, ...]
    head: Head
    compared: int = 0
    signed: SeenHead | None = None


def verify(events: Iterable[AuditEvent], head: Head | None) -> list[ChainProblem]:
    """What is wrong with the whole chain ``events``, oldest first, whose end was recorded as ``head``.

    Finds edited, added, removed and reordered events, and a chain that was cut short. It cannot find a chain that was
    rewritten or cut together with its head: that takes a head kept elsewhere, see :func:`compare`.
    """
    problems: list[ChainProblem] = []
    last = Head()
    for event in events:
        if event.seq != last.seq + 1:
            problems.append(
                ChainProblem(event.seq, f"event {last.seq + 1} was expected here: one was removed or moved")
            )
        if event.previous != last.hash:
            problems.append(ChainProblem(event.seq, "it does not continue the event before it"))
        if event_hash(event) != event.hash:
            problems.append(ChainProblem(event.seq, "it was edited: its hash does not fit its content"))
        last = Head(event.seq, event.hash)
    if head is None:
        problems.append(ChainProblem(last.seq, "the record of the chain's end is missing"))
    elif head != last:
        problems.append(
            ChainProblem(last.seq, f"the chain should end with event {head.seq}: its end was cut or replaced")
        )
    return problems


def verify_rows(rows: Sequence[Sequence[Any]], head: Head | None) -> list[ChainProblem]:
    """As :func:`verify`, over rows as stored: also finds facts that are not JSON, or not as the library writes it."""
    events: list[AuditEvent] = []
    problems: list[ChainProblem] = []
    for row in rows:
        try:
            event = read_event(row)
        except (ValueError, TypeError):
            problems.append(ChainProblem(row[0], "it was edited: its facts cannot be read"))
            continue
        if (canonical_json(event.data), canonical_json(event.origin)) != (row[6], row[9]):
            problems.append(ChainProblem(row[0], "it was edited: its facts are not written as this library does"))
        events.append(event)
    return problems + verify(events, head)


def compare(hashes: Sequence[str], heads: Sequence[SeenHead], where: str) -> list[ChainProblem]:
    """What says that the chain is not the one whose ``heads`` were kept; at most one problem of each sort.

    Args:
        hashes: The hashes of the chain's events, first to last.
        heads: The end of the chain at earlier moments.
        where: Who kept them, as the words that end a message.
    """
    beyond = max((head for head in heads if head.seq > len(hashes)), key=lambda head: head.seq, default=None)
    differing = min(
        (head for head in heads if 0 < head.seq <= len(hashes) and hashes[head.seq - 1] != head.hash),
        key=lambda head: head.seq,
        default=None,
    )
    problems: list[ChainProblem] = []
    if differing is not None:
        message = (
            f"it is not the event that ended the log at {differing.at}, {where}: the log was rewritten or replaced"
        )
        problems.append(ChainProblem(differing.seq, message))
    if beyond is not None:
        message = f"the log had {beyond.seq} events at {beyond.at}, {where}: its end was cut, or the log was replaced"
        problems.append(ChainProblem(len(hashes), message))
    return problems


def judge(hashes: Sequence[str], problems: Sequence[ChainProblem], noted: Sequence[SeenHead]) -> Verdict:
    """The verdict on a chain in which ``problems`` were found by itself, with what this user noted of it before.

    Args:
        hashes: The hashes of the chain's events, first to last.
        problems: What is wrong with it in itself.
        noted: This user's notes.
    """
    found = [*problems, *compare(hashes, noted, "as your notes say")]
    signed = [head for head in noted if head.signature]
    if signed:
        from flowyml_infra.audit.signing import signature_holds

        found += [
            ChainProblem(head.seq, "your note of it was edited: its signature does not fit")
            for head in signed
            if not signature_holds(head)
        ]
    end = Head(len(hashes), hashes[-1]) if hashes else Head()
    return Verdict(tuple(found), end, len(noted), furthest(signed))
