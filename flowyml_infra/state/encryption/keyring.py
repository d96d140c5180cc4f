"""Owns the data keys of a state: made at random, kept in the database, each encrypted under one or more master keys.

A row of ``data_keys`` is one data key under one master key. Its id is the data key's, with ``+N`` after it for a
further master key, so that during a change of keys the old one and the new one both open the state.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from flowyml_infra.audit.chain import utc_now
from flowyml_infra.errors import StateError
from flowyml_infra.state.encryption.master_key import KEY_BYTES, Wrapped, WrongKeyError
from flowyml_infra.state.encryption.sealer import KeySealer
from flowyml_infra.state.gate import pass_gate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.state.database import Database
    from flowyml_infra.state.encryption.master_key import KeySource, WrappingKey

_SELECT = "SELECT id, kdf, salt, wrapped FROM data_keys ORDER BY number"
_INSERT = (
    "INSERT INTO data_keys (id, number, kdf, salt, wrapped, created_at) SELECT :id, coalesce(max(number), 0) + 1,"
    " :kdf, :salt, :wrapped, :created_at FROM data_keys"
)
_DELETE = "DELETE FROM data_keys WHERE id = :id"


class KeptKey(NamedTuple):
    """A row: a data key under one master key."""

    row_id: str
    wrapped: Wrapped

    @property
    def id(self) -> str:
        """The data key's own id."""
        return self.row_id.partition("+")[0]


def open_sealer(database: Database, source: KeySource) -> KeySealer:
    """The sealer of the state in ``database``; makes its first data key when it has none.

    Raises:
        StateError: There is no master key, or it is not the one that the state was made with.
    """
    with database.reading() as execute:
        sealer = find_sealer(execute, source)
    if sealer is not None:
        return sealer
    master = source(create=True)
    with database.transaction() as execute:
        pass_gate(execute)
        if not read_kept(execute):
            add_data_key(execute, master)
        kept = read_kept(execute)
    return KeySealer(unwrap_all(kept, master))


def find_sealer(execute: Execute, source: KeySource) -> KeySealer | None:
    """The sealer of a state, or None when nothing was ever sealed in it.

    Raises:
        StateError: There is no master key, or it is not the one that the state was made with.
    """
    kept = read_kept(execute)
    return KeySealer(unwrap_all(kept, source(create=False))) if kept else None


def read_kept(execute: Execute) -> list[KeptKey]:
    """Every row, oldest data key first."""
    rows: Sequence[Any] = execute(_SELECT, {}).fetchall()
    return [KeptKey(row[0], Wrapped(*row[1:])) for row in rows]


def unwrap_all(kept: Sequence[KeptKey], master: WrappingKey) -> dict[str, bytes]:
    """Every data key by its id, oldest first.

    Raises:
        StateError: ``master`` does not open one of them.
    """
    keys: dict[str, bytes | None] = {item.id: None for item in kept}
    for item in kept:
        if keys[item.id] is None:
            keys[item.id] = opened(item, master)
    found = {id_: key for id_, key in keys.items() if key is not None}
    if len(found) < len(keys):
        raise StateError(
            f"the key from {master.source} does not open this state's secrets",
            code="state.key",
            hint="use the key that the state was made with, or changed to; or the record of its data key is damaged",
        )
    return found


def opened(item: KeptKey, master: WrappingKey) -> bytes | None:
    """The data key in ``item``, or None when it is under another master key."""
    try:
        return master.unwrap(item.id, item.wrapped)
    except WrongKeyError:
        return None


def add_data_key(execute: Execute, master: WrappingKey) -> str:
    """Make a new data key, which is the one that seals from now on; returns its id."""
    id_ = os.urandom(4).hex()
    insert_wrapped(execute, {id_: master.wrap({id_: os.urandom(KEY_BYTES)})[id_]})
    return id_


def insert_wrapped(execute: Execute, rows: Mapping[str, Wrapped]) -> None:
    """Keep data keys, by row id."""
    for row_id, wrapped in rows.items():
        execute(_INSERT, {"id": row_id, **wrapped._asdict(), "created_at": utc_now()})


def remove(execute: Execute, item: KeptKey) -> None:
    """Remove a row, so that its master key does not open it any more."""
    execute(_DELETE, {"id": item.row_id})
