"""Owns where the master key comes from: the environment, a file, or one that is made once for this user.

It encrypts only data keys, so that it can be changed without encrypting every secret anew.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from flowyml_infra.audit.user_folder import make_private_file, others_may_read, user_folder
from flowyml_infra.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_BYTES = 32
KEY_VARIABLE = "FLOWYML_STATE_KEY"
FILE_VARIABLE = "FLOWYML_STATE_KEY_FILE"

Kdf = Literal["raw", "scrypt"]
_SHORTEST_PASSPHRASE = 12
# One of OWASP's equal choices for scrypt, and the one of 32 MB, https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**15, 8, 3


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A key as it was given.

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
        return hashlib.scrypt(
            self.material, salt=salt, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P, maxmem=2**26, dklen=KEY_BYTES
        )


class KeySource(Protocol):
    """Gives the master key."""

    def __call__(self, *, create: bool) -> MasterKey:
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

    def load(*, create: bool) -> MasterKey:
        if environ.get(KEY_VARIABLE):
            return parse_key(environ[KEY_VARIABLE], KEY_VARIABLE)
        if environ.get(FILE_VARIABLE):
            path = Path(environ[FILE_VARIABLE])
            return parse_key(_read(path), f"{path} ({FILE_VARIABLE})")
        return _user_key(generated or user_key_path(), create=create)

    return load


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
