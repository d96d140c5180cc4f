"""Owns sealing: AES-256-GCM under a data key, keyed digests and signatures under keys derived from it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
from typing import TYPE_CHECKING

from flowyml_infra.errors import CorruptStateError
from flowyml_infra.resources.values import Json, Sealed, Secret, canonical_json

if TYPE_CHECKING:
    from collections.abc import Mapping

_NONCE_BYTES = 12
_VERSION = "v1"


class KeySealer:
    """See :class:`flowyml_infra.state.store.Sealer`.

    A token reads ``v1.KEY_ID.BASE64URL(nonce and ciphertext)``; version, key id and the caller's context are bound into
    the ciphertext.

    Args:
        keys: Data keys of 32 bytes by id, oldest first; the last one seals.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._ciphers = {id_: AESGCM(key) for id_, key in keys.items()}
        self._current = list(keys)[-1]
        # Digests must stay equal when a newer key takes over, so the first key makes them.
        first = next(iter(keys.values()))
        self._digest_key = _derive(first, b"flowyml-infra digest v1")
        self._sign_key = _derive(first, b"flowyml-infra signature v1")

    def seal(self, secret: Secret, context: str) -> Sealed:
        """See :class:`flowyml_infra.state.store.Sealer`."""
        clear = canonical_json(secret.value).encode("utf-8", "surrogatepass")
        return Sealed(self.encrypt(clear, context), self.digest(secret.value))

    def unseal(self, sealed: Sealed, context: str) -> Secret:
        """See :class:`flowyml_infra.state.store.Sealer`."""
        value: Json = json.loads(self.decrypt(sealed.token, context).decode("utf-8", "surrogatepass"))
        return Secret(value)

    def is_current(self, sealed: Sealed) -> bool:
        """Whether the newest data key sealed it."""
        return sealed.token.startswith(f"{_VERSION}.{self._current}.")

    def encrypt(self, clear: bytes, context: str) -> str:
        """A token that only :meth:`decrypt` opens, with the same context."""
        nonce = os.urandom(_NONCE_BYTES)
        data = self._ciphers[self._current].encrypt(nonce, clear, _bound(self._current, context))
        body = base64.urlsafe_b64encode(nonce + data).decode().rstrip("=")
        return f"{_VERSION}.{self._current}.{body}"

    def decrypt(self, token: str, context: str) -> bytes:
        """What was encrypted.

        Raises:
            CorruptStateError: Wrong key, wrong context or damaged ciphertext.
        """
        from cryptography.exceptions import InvalidTag

        version, _, rest = token.partition(".")
        key_id, _, body = rest.partition(".")
        if version != _VERSION or key_id not in self._ciphers:
            raise CorruptStateError(
                f"the secret of {context} was sealed under a key that this state does not have",
                code="state.sealed",
            )
        try:
            data = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
            return self._ciphers[key_id].decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _bound(key_id, context))
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise CorruptStateError(
                f"the sealed secret of {context} is damaged, or belongs elsewhere", code="state.sealed"
            ) from error

    def digest(self, value: Json) -> str:
        """See :class:`flowyml_infra.state.store.Sealer`; 64 hexadecimal digits."""
        text = canonical_json(value).encode("utf-8", "surrogatepass")
        return hmac.new(self._digest_key, text, hashlib.sha256).hexdigest()

    def sign(self, message: bytes) -> str:
        """See :class:`flowyml_infra.state.store.Sealer`; 64 hexadecimal digits."""
        return hmac.new(self._sign_key, message, hashlib.sha256).hexdigest()


def _bound(key_id: str, context: str) -> bytes:
    return f"{_VERSION}\x1f{key_id}\x1f{context}".encode()


def _derive(key: bytes, label: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869) of one block, with no salt."""
    extracted = hmac.new(bytes(hashlib.sha256().digest_size), key, hashlib.sha256).digest()
    return hmac.new(extracted, label + b"\x01", hashlib.sha256).digest()
