"""Owns where the master key comes from: the environment, a file, a key service, or one made once for this user.

It encrypts only data keys, so that it can be changed without encrypting every secret anew.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol

from flowyml_infra.audit.user_folder import make_private_file, others_may_read, user_folder
from flowyml_infra.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_BYTES = 32
KEY_VARIABLE = "FLOWYML_STATE_KEY"
FILE_VARIABLE = "FLOWYML_STATE_KEY_FILE"
NEW_KEY_VARIABLE = "FLOWYML_STATE_NEW_KEY"
NEW_FILE_VARIABLE = "FLOWYML_STATE_NEW_KEY_FILE"

SERVICES: Final = ("aws-kms",)
"""Schemes of keys that a service keeps; each is one line here and one in ``key_service``."""

Kdf = Literal["raw", "scrypt"]
_SALT_BYTES, _NONCE_BYTES = 16, 12
_SHORTEST_PASSPHRASE = 12
# One of OWASP's equal choices for scrypt, and the one of 32 MB, https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**15, 8, 3


class Wrapped(NamedTuple):
    """A data key as it is kept: under which kind of key, with what salt or name, and the ciphertext, all as text."""

    kdf: str
    salt: str
    wrapped: str


class WrongKeyError(Exception):
    """A master key does not open what it was given."""


class WrappingKey(Protocol):
    """A master key of any kind: it encrypts data keys and opens them again."""

    @property
    def source(self) -> str:
        """Where it came from, in words that a user knows."""

    def wrap(self, keys: Mapping[str, bytes]) -> dict[str, Wrapped]:
        """Each of ``keys``, encrypted and bound to its id.

        Raises:
            StateError: The service that has the key cannot be asked.
        """

    def unwrap(self, id_: str, wrapped: Wrapped) -> bytes:
        """The data key with this id.

        Raises:
            WrongKeyError: It is under another key, or damaged.
            StateError: The service that has the key cannot be asked.
        """


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A key as it was given; see :class:`WrappingKey`.

    Attributes:
        source: Where it came from, in words that a user knows.
        kdf: ``raw`` when ``material`` is the key, ``scrypt`` when it is a passphrase.
        material: The key or the passphrase.
    """

    source: str
    kdf: Kdf
    material: bytes = field(repr=False)

    def derive(self, salt: bytes) -> bytes:
        """The 32 bytes to encrypt with; ``salt`` matters for passphrases alone."""
        if self.kdf == "raw":
            return self.material
        return _stretch(self.material, salt)

    def wrap(self, keys: Mapping[str, bytes]) -> dict[str, Wrapped]:
        """See :class:`WrappingKey`."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        salt = os.urandom(_SALT_BYTES)
        cipher, salt_text = AESGCM(self.derive(salt)), base64.b64encode(salt).decode()
        found: dict[str, Wrapped] = {}
        for id_, key in keys.items():
            nonce = os.urandom(_NONCE_BYTES)
            data = base64.b64encode(nonce + cipher.encrypt(nonce, key, _bound(id_))).decode()
            found[id_] = Wrapped(self.kdf, salt_text, data)
        return found

    def unwrap(self, id_: str, wrapped: Wrapped) -> bytes:
        """See :class:`WrappingKey`."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if wrapped.kdf != self.kdf:
            raise WrongKeyError(wrapped.kdf)
        try:
            data = base64.b64decode(wrapped.wrapped, validate=True)
            cipher = AESGCM(self.derive(base64.b64decode(wrapped.salt, validate=True)))
            return cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _bound(id_))
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise WrongKeyError(id_) from error


class KeySource(Protocol):
    """Gives the master key."""

    def __call__(self, *, create: bool) -> WrappingKey:
        """The key; one may be made when there is none and ``create`` is true.

        Raises:
            StateError: There is none, or what there is cannot be read.
        """


def environment_key(environ: Mapping[str, str] = os.environ, generated: Path | None = None) -> KeySource:
    """The documented order: ``FLOWYML_STATE_KEY``, ``FLOWYML_STATE_KEY_FILE``, this user's own key file.

    Args:
        environ: The environment.
        generated: The user's key file; by default in the user's data folder.
    """

    def load(*, create: bool) -> WrappingKey:
        given = _given_key(environ, KEY_VARIABLE, FILE_VARIABLE)
        return given or _user_key(generated or user_key_path(), create=create)

    return load


def new_key(environ: Mapping[str, str] = os.environ) -> WrappingKey:
    """The key that is to open the state from now on: ``FLOWYML_STATE_NEW_KEY``, ``FLOWYML_STATE_NEW_KEY_FILE``.

    Raises:
        StateError: There is none, or what there is cannot be read.
    """
    given = _given_key(environ, NEW_KEY_VARIABLE, NEW_FILE_VARIABLE)
    if given is None:
        raise StateError(
            "there is no new key to change to",
            code="state.key",
            hint=f"set {NEW_KEY_VARIABLE} or {NEW_FILE_VARIABLE}, for example to what `openssl rand -base64 32` prints",
        )
    return given


def _given_key(environ: Mapping[str, str], variable: str, file_variable: str) -> WrappingKey | None:
    if environ.get(variable):
        return key_of(environ[variable], variable)
    if environ.get(file_variable):
        path = Path(environ[file_variable])
        return key_of(_read(path), f"{path} ({file_variable})")
    return None


def key_of(text: str, source: str) -> WrappingKey:
    """The key that ``text`` is, or names: ``SERVICE://…`` for one that a key service keeps; see :func:`parse_key`.

    Raises:
        StateError: It is neither.
    """
    scheme, separator, _ = text.partition("://")
    if separator and scheme.strip() in SERVICES:
        from flowyml_infra.state.encryption.key_service import service_key

        return service_key(text.strip(), source)
    return parse_key(text, source)


def user_key_path() -> Path:
    """The file that holds the key made for this user."""
    return user_folder() / "state.key"


def parse_key(text: str, source: str) -> MasterKey:
    """The key in ``text``: 32 bytes in hexadecimal or base64, else a passphrase.

    Raises:
        StateError: A passphrase of fewer than 12 characters.
    """
    text = text.strip()
    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        return MasterKey(source, "raw", bytes.fromhex(text))
    if re.fullmatch(r"[A-Za-z0-9+/_-]{43}=?", text):
        try:
            decoded = base64.b64decode(text.rstrip("=").translate(str.maketrans("-_", "+/")) + "=", validate=True)
        except binascii.Error:
            decoded = b""
        if len(decoded) == KEY_BYTES:
            return MasterKey(source, "raw", decoded)
    if len(text) < _SHORTEST_PASSPHRASE:
        raise StateError(
            f"the key from {source} is too short",
            code="state.key",
            hint="give 32 random bytes in base64 (`openssl rand -base64 32`), or a passphrase of 12 characters or more",
        )
    return MasterKey(source, "scrypt", text.encode())


def _user_key(path: Path, *, create: bool) -> MasterKey:
    if not path.exists():
        if not create:
            raise StateError(
                f"this state holds secrets, and the key that opens them is not here: {path} does not exist",
                code="state.key",
                hint=f"set {KEY_VARIABLE} or {FILE_VARIABLE} to the key that the state was made with",
            )
        _make_key(path)
    if others_may_read(path):
        raise StateError(
            f"others may read {path}, which holds the key of your secrets",
            code="state.key",
            hint=f"run `chmod 600 {path}`",
        )
    return parse_key(_read(path), str(path))


@lru_cache(maxsize=8)
def _stretch(material: bytes, salt: bytes) -> bytes:
    """Takes a good part of a second, on purpose; several data keys share one salt."""
    return hashlib.scrypt(material, salt=salt, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P, maxmem=2**26, dklen=KEY_BYTES)


def _bound(id_: str) -> bytes:
    return f"flowyml-infra data key {id_}".encode()


def _make_key(path: Path) -> None:
    """Write a new key to ``path``; of several processes at once, one wins and all see its whole key."""
    try:
        make_private_file(path, base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
    except OSError as error:
        raise StateError(
            f"no key can be made at {path}: {error}",
            code="state.key",
            hint=f"set {KEY_VARIABLE}, for example to the output of `openssl rand -base64 32`",
        ) from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(f"the key file {path} cannot be read: {error}", code="state.key") from error
