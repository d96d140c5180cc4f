"""Owns how a metadata store is reached from what its component gives: its URL, and the password apart from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from flowyml_infra.runtime.metadata.secret_references import read_password

if TYPE_CHECKING:
    from flowyml_infra.outputs.contracts import MetadataStoreOutputs


@dataclass(frozen=True, slots=True)
class MetadataAccess:
    """Where runs are recorded, and with what.

    Attributes:
        uri: A path, or a URL as SQLAlchemy takes it, without a password.
        password: The password in the clear, or None where none is needed or the driver finds it by itself.
    """

    uri: str
    password: str | None = field(default=None, repr=False)


def metadata_access(outputs: MetadataStoreOutputs) -> MetadataAccess:
    """How the store that ``outputs`` tell of is reached; a reference to a secret is read now.

    Raises:
        OutputError: The secret cannot be read.
    """
    uri, password = _split(outputs.uri)
    if password is None:
        password = outputs.password
    if password is None and outputs.password_secret is not None:
        password = read_password(outputs.password_secret)
    return MetadataAccess(uri, password)


def _split(uri: str) -> tuple[str, str | None]:
    """``uri`` without its password, and the password."""
    scheme, separator, rest = uri.partition("://")
    if not separator or scheme.lower().startswith("sqlite"):
        return uri, None
    authority, slash, path = rest.partition("/")
    login, at, hosts = authority.rpartition("@")
    user, colon, secret = login.partition(":")
    front, question, query = path.partition("?")
    parameters = query.split("&")
    given = [part.partition("=")[2] for part in parameters if part.startswith("password=")]
    kept = "&".join(part for part in parameters if not part.startswith("password="))
    found = secret if colon else next(iter(given), None)
    place = f"{scheme}://{user}{at}{hosts}{slash}{front}{question if kept else ''}{kept}"
    return place, None if found is None else unquote(found)
