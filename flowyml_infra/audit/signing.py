"""Owns the keys that sign heads (Ed25519, RFC 8032): where they come from, signing, and checking a signature.

``cryptography`` is loaded only when something is signed or checked.
"""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path
from typing import TYPE_CHECKING

from flowyml_infra.audit.user_folder import make_private_file, others_may_read, user_folder
from flowyml_infra.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    from flowyml_infra.audit.head import SeenHead

KEY_VARIABLE = "FLOWYML_AUDIT_KEY"
FILE_VARIABLE = "FLOWYML_AUDIT_KEY_FILE"
_KEY_BYTES = 32


class SigningKey:
    """One private key.

    Args:
        private: The key.
        source: Where it came from, in words that a user knows.
    """

    def __init__(self, private: Ed25519PrivateKey, source: str) -> None:
        self._private = private
        self.source = source
        self.public = _text_of(private.public_key())

    def sign(self, head: SeenHead) -> SeenHead:
        """``head`` with this key's signature."""
        named = head._replace(key=self.public, signature="")
        return named._replace(signature=base64.b64encode(self._private.sign(named.message())).decode())


def find_key(environ: Mapping[str, str] = os.environ) -> SigningKey | None:
    """The key to sign with: ``FLOWYML_AUDIT_KEY``, ``FLOWYML_AUDIT_KEY_FILE``, else this user's own, if there is one.

    Raises:
        AuditError: What is given is no Ed25519 key, or the user's own cannot be read.
    """
    if environ.get(KEY_VARIABLE):
        return _parse_private(environ[KEY_VARIABLE], KEY_VARIABLE)
    if environ.get(FILE_VARIABLE):
        path = Path(environ[FILE_VARIABLE])
        return _parse_private(_read(path), f"{path} ({FILE_VARIABLE})")
    path = _own_path()
    if not path.exists():
        return None
    if others_may_read(path):
        raise AuditError(
            f"others may read {path}, which holds the key that signs your audit logs",
            code="audit.key",
            hint=f"run `chmod 600 {path}`",
        )
    return _parse_private(_read(path), str(path))


def own_key(environ: Mapping[str, str] = os.environ) -> SigningKey:
    """As :func:`find_key`; makes the user's own key when there is none.

    Raises:
        AuditError: As there, or no key can be made.
    """
    found = find_key(environ)
    if found is not None:
        return found
    path = _own_path()
    _make_key(path)
    return _parse_private(_read(path), str(path))


def public_pem(key: str) -> str:
    """The public key ``key`` as PEM (SubjectPublicKeyInfo), which other tools read."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return _public(key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def read_public_key(path: Path) -> str:
    """The public key in the file at ``path``, PEM or 32 bytes in base64, as heads name it.

    Raises:
        AuditError: There is none.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    text = _read(path)
    try:
        key = load_pem_public_key(text.encode()) if "-----BEGIN" in text else _public(text.strip())
    except ValueError as error:
        raise _no_key(str(path), "public") from error
    if not isinstance(key, Ed25519PublicKey):
        raise _no_key(str(path), "public")
    return _text_of(key)


def signature_holds(head: SeenHead) -> bool:
    """Whether ``head`` is signed with the key that it names; whose key that is, the caller has to know."""
    from cryptography.exceptions import InvalidSignature

    try:
        _public(head.key).verify(base64.b64decode(head.signature, validate=True), head.message())
    except (InvalidSignature, ValueError):
        return False
    return True


def _own_path() -> Path:
    return user_folder() / "audit.key"


def _parse_private(text: str, source: str) -> SigningKey:
    """The key in ``text``: PEM (PKCS #8, not encrypted), or its 32 bytes in hexadecimal or base64."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    text = text.strip().replace("\\n", "\n")
    try:
        if "-----BEGIN" in text:
            key = load_pem_private_key(text.encode(), None)
        else:
            key = Ed25519PrivateKey.from_private_bytes(_key_bytes(text))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _no_key(source, "private") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_key(source, "private")
    return SigningKey(key, source)


def _key_bytes(text: str) -> bytes:
    if len(text) == 2 * _KEY_BYTES:
        return bytes.fromhex(text)
    return base64.b64decode(text, validate=True)


def _public(key: str) -> Ed25519PublicKey:
    """The key that heads name ``key``.

    Raises:
        ValueError: It is none.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _text_of(key: Ed25519PublicKey) -> str:
    return base64.b64encode(key.public_bytes_raw()).decode()


def _make_key(path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    made = Ed25519PrivateKey.generate()
    try:
        make_private_file(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    except OSError as error:
        raise AuditError(
            f"no key can be made at {path}: {error}",
            code="audit.key",
            hint=f"set {KEY_VARIABLE}, for example to the output of `openssl genpkey -algorithm ed25519`",
        ) from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AuditError(f"the key file {path} cannot be read: {error}", code="audit.key") from error


def _no_key(source: str, kind: str) -> AuditError:
    return AuditError(
        f"{source} holds no {kind} Ed25519 key",
        code="audit.key",
        hint="`openssl genpkey -algorithm ed25519` makes a private key; `flowyml-infra audit export --public-key` "
        "prints the public one",
    )
