"""Owns the definitions that were applied: each is kept once, compressed, and encrypted where a secret may stand in it.

They belong to the history: nothing that is recorded about resources depends on them, and they count in no serial.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from flowyml_infra.errors import CorruptStateError, StateError
from flowyml_infra.resources.compiled_codec import COMPILED_FORMAT, decode_compiled, encode_compiled
from flowyml_infra.resources.values import Sealed, Value, canonical_json, encode
from flowyml_infra.state.encryption.rows import MARK
from flowyml_infra.state.records import values_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.resources.values import Json
    from flowyml_infra.state.encryption.sealer import KeySealer
    from flowyml_infra.state.records import DeploymentRecord

    FindSealer = Callable[[], KeySealer | None]

_CLEAR: Final = "zlib:"
_LEVEL: Final = 1
"""Of compression; a higher one takes several times as long and saves little."""
_HINT: Final = "a backup of the state has it; the next apply of the same definition records it again"

_ONE = "SELECT digest, content, record_digest FROM definitions WHERE deployment_id = :id AND digest = :digest"
_ALL = "SELECT digest, content, record_digest FROM definitions WHERE deployment_id = :id ORDER BY digest"
_MISSING = (
    "SELECT recorded_definition FROM operations WHERE deployment_id = :id AND recorded_definition IS NOT NULL"
    " AND recorded_definition NOT IN (SELECT digest FROM definitions WHERE deployment_id = :id)"
)
_UPSERT = (
    "INSERT INTO definitions (deployment_id, digest, content, record_digest)"
    " VALUES (:id, :digest, :content, :record_digest) ON CONFLICT (deployment_id, digest) DO UPDATE SET"
    " content = excluded.content, record_digest = excluded.record_digest"
)


class StoredDefinition(NamedTuple):
    """A definition as it is kept.

    Attributes:
        digest: See :func:`form_digest`.
        content: ``zlib:`` and the compressed JSON in base 64, or ``enc:`` and a token of the sealer.
    """

    digest: str
    content: str

    @property
    def token(self) -> str | None:
        """The token that the sealer opens; None where it is not encrypted."""
        return self.content.removeprefix(MARK) if self.content.startswith(MARK) else None


class Recording(NamedTuple):
    """What an operation keeps of its definition.

    Attributes:
        digest: See :func:`form_digest`.
        missing: What has to be written; None where it is kept already.
    """

    digest: str
    missing: StoredDefinition | None


def form_digest(compiled: Compiled) -> str:
    """SHA-256 in hexadecimal; equal for definitions that ask for the same.

    The document alone does not tell: a region, for example, may come from flowyml.yaml. What is taken over and what the
    environment protects are left out, because they belong to the day.
    """
    specs = [[spec.address, spec.digest] for spec in compiled.graph.specs.values()]
    outputs = canonical_json(encode(cast("Value", dict(compiled.outputs))))
    text = json.dumps([compiled.definition_digest, specs, outputs], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def recording_of(
    execute: Execute, record: DeploymentRecord | None, compiled: Compiled, lineage: str, sealer: KeySealer | None
) -> Recording:
    """What an operation on ``record``, None for a new deployment, keeps of ``compiled``.

    With ``sealer``, it is encrypted. One that is kept damaged, or in the clear where it is to be encrypted, is written
    again.
    """
    digest = form_digest(compiled)
    kept: StoredDefinition | None = None
    if record is not None:
        with suppress(CorruptStateError):
            kept = _find(execute, record.id, digest)
    if kept is not None and (sealer is None or kept.token is not None):
        return Recording(digest, None)
    # What it was compiled from is half of its size, and nothing is planned from it.
    text = json.dumps(encode_compiled(replace(compiled, document={})), separators=(",", ":"))
    return Recording(
        digest, _packed(zlib.compress(text.encode("utf-8", "surrogatepass"), _LEVEL), digest, lineage, sealer)
    )


def read_definition(execute: Execute, record: DeploymentRecord, digest: str, sealer: FindSealer) -> Compiled | None:
    """The definition that is kept under ``digest``, without its document; None when none is.

    Raises:
        CorruptStateError: It is damaged, or under a key that this state does not have.
        StateError: A release that writes definitions otherwise recorded it.
    """
    stored = _find(execute, record.id, digest)
    if stored is None:
        return None
    data: Json = json.loads(zlib.decompress(_unpacked(stored, record.lineage, sealer)).decode("utf-8", "surrogatepass"))
    written = data.get("format") if isinstance(data, dict) else None
    if written != COMPILED_FORMAT:
        raise StateError(
            f"the definition {digest[:12]} was recorded in form {written}, and this release reads {COMPILED_FORMAT}",
            code="state.definition_form",
            hint="use the release that recorded it, or go back to another one: see `flowyml-infra state history`",
        )
    return decode_compiled(data)


def resealed(
    execute: Execute, record: DeploymentRecord, digest: str, sealer: KeySealer, *, encrypts: bool
) -> StoredDefinition | None:
    """The definition of this digest as it is to be kept under the newest data key; None where it is kept so.

    Args:
        execute: Of a transaction.
        record: The deployment.
        digest: Which definition.
        sealer: The state's encryption.
        encrypts: Whether records are encrypted whole.
    """
    stored = _find(execute, record.id, digest)
    if stored is None:
        return None
    current = not encrypts if stored.token is None else sealer.is_current(Sealed(stored.token, ""))
    return (
        None if current else _packed(_unpacked(stored, record.lineage, lambda: sealer), digest, record.lineage, sealer)
    )


def check_definitions(execute: Execute, deployment_id: int) -> list[str]:
    """The digests of all that are kept, after each was checked.

    Raises:
        CorruptStateError: One does not match its digest, or one that the history names is missing.
    """
    digests = [_checked(deployment_id, row).digest for row in execute(_ALL, {"id": deployment_id})]
    missing = execute(_MISSING, {"id": deployment_id}).fetchone()
    if missing is not None:
        raise CorruptStateError(f"the recorded definition {missing[0][:12]} is missing", hint=_HINT)
    return digests


def write_definition(execute: Execute, deployment_id: int, stored: StoredDefinition) -> None:
    """Keep ``stored``, in the place of what is there under its digest."""
    digest = values_digest((deployment_id, *stored))
    execute(_UPSERT, {"id": deployment_id, **stored._asdict(), "record_digest": digest})


def _find(execute: Execute, deployment_id: int, digest: str) -> StoredDefinition | None:
    row = execute(_ONE, {"id": deployment_id, "digest": digest}).fetchone()
    return None if row is None else _checked(deployment_id, row)


def _checked(deployment_id: int, row: Sequence[str]) -> StoredDefinition:
    stored = StoredDefinition(row[0], row[1])
    if values_digest((deployment_id, *stored)) != row[2]:
        raise CorruptStateError(f"the recorded definition {row[0][:12]} does not match its digest", hint=_HINT)
    return stored


def _packed(data: bytes, digest: str, lineage: str, sealer: KeySealer | None) -> StoredDefinition:
    if sealer is None:
        return StoredDefinition(digest, _CLEAR + base64.b64encode(data).decode())
    return StoredDefinition(digest, MARK + sealer.encrypt(data, _place(lineage, digest)))


def _unpacked(stored: StoredDefinition, lineage: str, sealer: FindSealer) -> bytes:
    if stored.token is None:
        return base64.b64decode(stored.content.removeprefix(_CLEAR))
    key = sealer()
    if key is None:
        raise CorruptStateError("a recorded definition is encrypted, and the keys that it is under are gone")
    return key.decrypt(stored.token, _place(lineage, stored.digest))


def _place(lineage: str, digest: str) -> str:
    return f"{lineage}/definition/{digest}"
