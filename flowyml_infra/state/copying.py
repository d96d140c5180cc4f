"""Owns copying a whole state from one database to another, records with their digests, and moving it for good."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flowyml_infra.audit.chain import append
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.errors import CorruptStateError, StateError, StateForbiddenError
from flowyml_infra.state import schema
from flowyml_infra.state.definitions import check_definitions
from flowyml_infra.state.integrity import read_fingerprint, read_records
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.leases import read_leases

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.state.database import Database

_SEEDED = ("alembic_version", "meta", "audit_head")
"""Tables that have rows in a new state; they are replaced."""

_CONTENT = ("deployments", "registered_stacks", "data_keys", "audit", "leases")
"""A state that nobody has used has none of these."""

_OWNERS_HINT = (
    "the owner of its schema alone takes a whole state in or gives it away: run the same command with a URL that signs "
    "in as that role; nothing was changed"
)

_LET_GO = "UPDATE leases SET holder_json = NULL, expires_at = 0"


def back_up(source: Database, target: Database) -> int:
    """Copy the state at one moment into ``target``, which is new; returns the number of deployments.

    Raises:
        StateError: ``target`` is in use, or cannot keep a text that ``source`` has.
        CorruptStateError: A record does not match its digest; nothing was copied.
    """
    with _for_owners(), source.reading() as read, target.transaction() as write:
        _check_unused(write, target.url)
        return _copy(read, write)


def move(source: Database, target: Database, who: str) -> int:
    """Copy the state into ``target``, which is new, and refuse ``source`` to everybody from then on.

    Cut off before the end, it is done again: a ``target`` that has all of ``source`` already is taken as it is.

    Raises:
        StateError: Somebody works on ``source``, or as for :func:`back_up`.
        CorruptStateError: A record does not match its digest; nothing was moved.
    """
    with _for_owners(), source.alone() as read:
        for lease in read_leases(read, source.now):
            if lease.live:
                raise StateError(
                    f"{source.url} cannot be moved while {lease.holder.who} works on {lease.name}",
                    code="state.busy",
                    hint="wait for it to end; `flowyml-infra lock list` shows all that work",
                )
        with target.transaction() as write:
            if _same(read, write):
                count = len(read_records(write))
            else:
                _check_unused(write, target.url)
                count = _copy(read, write)
                facts: dict[str, object] = {"from": source.url, "to": target.url, "deployments": count}
                append(write, [AuditEvent("StateMoved", data=facts, who=who)])
        schema.mark_moved(read, target.url)
        return count


@contextmanager
def _for_owners() -> Iterator[None]:
    """Tell whoever may only work on a state in PostgreSQL that this is for its owner: no grant of ours lets them."""
    try:
        yield
    except StateForbiddenError as error:
        error.hint = _OWNERS_HINT
        raise


def _copy(read: Execute, write: Execute) -> int:
    from flowyml_infra.state.tables import metadata

    for table in _SEEDED:
        write(f"DELETE FROM {table}", {})  # noqa: S608 - a constant
    for name, columns in [("alembic_version", ["version_num"]), *_columns(metadata)]:
        listed = ", ".join(columns)
        insert = f"INSERT INTO {name} ({listed}) VALUES ({', '.join(':' + column for column in columns)})"  # noqa: S608
        for row in read(f"SELECT {listed} FROM {name}", {}).fetchall():  # noqa: S608
            write(insert, dict(zip(columns, row, strict=True)))
    write(_LET_GO, {})
    if _fingerprints(read) != _fingerprints(write):
        raise CorruptStateError("the copy of the state is not what was read; nothing was kept of it")
    return len(read_records(write))


def _columns(metadata: Any) -> list[tuple[str, list[str]]]:  # noqa: ANN401 - SQLAlchemy's
    """Tables in the order in which their rows can be made."""
    return [(table.name, [column.name for column in table.columns]) for table in metadata.sorted_tables]


def _fingerprints(execute: Execute) -> list[str | None]:
    """What tells a recorded state from every other, after all of it was checked."""
    head: Sequence[Any] = execute("SELECT seq, hash FROM audit_head", {}).fetchall()
    found: list[str | None] = []
    for record in read_records(execute):
        found.append(read_fingerprint(execute, DeploymentKey(record.stack, record.environment)))
        found.extend(check_definitions(execute, record.id))
    return [*found, *(f"{seq}/{hash_}" for seq, hash_ in head)]


def _same(read: Execute, write: Execute) -> bool:
    """Whether a move was cut off after the copy: the target has it all, and the event that tells of it."""
    ours, theirs = _fingerprints(read), _fingerprints(write)
    moved = write("SELECT previous FROM audit WHERE name = 'StateMoved' ORDER BY seq DESC LIMIT 1", {}).fetchone()
    head: Any = read("SELECT hash FROM audit_head", {}).fetchone()
    return ours[:-1] == theirs[:-1] and moved is not None and head is not None and moved[0] == head[0]


def _check_unused(write: Execute, url: str) -> None:
    for table in _CONTENT:
        if write(f"SELECT count(*) FROM {table}", {}).fetchone()[0]:  # noqa: S608 - a constant
            raise StateError(
                f"{url} holds a state already",
                code="state.exists",
                hint="name a file or a schema that nobody has used",
            )
