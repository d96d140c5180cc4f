"""Owns the data keys of a state: made at random, kept in the database, each encrypted under the master key."""

from __future__ import annotations

import base64
import binascii
import os
from typing import TYPE_CHECKING, Any

from flowyml_infra.audit.chain import utc_now
from flowyml_infra.errors import StateError
from flowyml_infra.state.encryption.master_key import KEY_BYTES, MasterKey
from flowyml_infra.state.encryption.sealer import KeySealer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.state.database import Database
    from flowyml_infra.state.encryption.master_key import KeySource

_NONCE_BYTES = 12
_SELECT = "SELECT id, kdf, salt, wrapped FROM data_keys ORDER BY number"
_INSERT = (
    "INSERT INTO data_keys (id, number, kdf, salt, wrapped, created_at)"
    " VALUES (:id, :number, :kdf, :salt, :wrapped, :created_at)"
)


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
        if not execute(_SELECT, {}).fetchall():
            _insert(execute, master)
        rows = execute(_SELECT, {}).fetchall()
    return KeySealer({row[0]: _unwrap(row, master) for row in rows})


def find_sealer(execute: Execute, source: KeySource) -> KeySealer | None:
    """The sealer of a state, or None when nothing was ever sealed in it.

    Raises:
        StateError: There is no master key, or it is not the one that the state was made with.
    """
    rows: Sequence[Any] = execute(_SELECT, {}).fetchall()
    if not rows:
        return None
    master = source(create=False)
    return KeySealer({row[0]: _unwrap(row, master) for row in rows})


def _insert(execute: Execute, master: MasterKey) -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    id_, salt, nonce = os.urandom(4).hex(), os.urandom(16), os.urandom(_NONCE_BYTES)
    wrapped = nonce + AESGCM(master.derive(salt)).encrypt(nonce, os.urandom(KEY_BYTES), _bound(id_))
    execute(
        _INSERT,
        {
            "id": id_,
            "number": 1,
            "kdf": master.kdf,
            "salt": base64.b64encode(salt).decode(),
            "wrapped": base64.b64encode(wrapped).decode(),
            "created_at": utc_now(),
        },
    )


def _unwrap(row: Sequence[Any], master: MasterKey) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    id_, kdf, salt, wrapped = row
    try:
        if kdf != master.kdf:
            raise InvalidTag
        data = base64.b64decode(wrapped, validate=True)
        cipher = AESGCM(master.derive(base64.b64decode(salt, validate=True)))
        return cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _bound(id_))
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise StateError(
            f"the key from {master.source} does not open this state's secrets",
            code="state.key",
            hint="use the key that the state was made with; or the record of its data key is damaged",
        ) from error


def _bound(id_: str) -> bytes:
    return f"flowyml-infra data key {id_}".encode()
