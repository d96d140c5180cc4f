"""Owns master keys that never leave a key service: it is asked to encrypt and to open data keys."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from flowyml_infra.errors import StateError
from flowyml_infra.state.encryption.master_key import Wrapped, WrongKeyError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 10.0
ATTEMPTS: Final = 3
"""How often a service is asked that did not answer, or that has too much to do."""


class KeyService(Protocol):
    """A cloud's key service. A new one is a class with these and a line in ``_OPENERS`` and ``master_key.SERVICES``."""

    def encrypt(self, clear: bytes, binding: Mapping[str, str]) -> bytes:
        """The ciphertext of ``clear``; ``binding`` is needed again to open it.

        Raises:
            StateError: The service cannot be asked, or refuses.
        """

    def decrypt(self, data: bytes, binding: Mapping[str, str]) -> bytes:
        """The inverse.

        Raises:
            WrongKeyError: The ciphertext is of another key or binding, or damaged.
            StateError: The service cannot be asked, or refuses.
        """


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A key in a key service; see :class:`flowyml_infra.state.encryption.master_key.WrappingKey`.

    Attributes:
        source: Where it was named, and its name.
        kdf: The service's scheme.
        name: Its URL; kept beside what it encrypted, for people to find it again.
        service: Where it is.
    """

    source: str
    kdf: str
    name: str
    service: KeyService

    def wrap(self, keys: Mapping[str, bytes]) -> dict[str, Wrapped]:
        """See :class:`flowyml_infra.state.encryption.master_key.WrappingKey`."""
        found: dict[str, Wrapped] = {}
        for id_, key in keys.items():
            data = self.service.encrypt(key, _binding(id_))
            found[id_] = Wrapped(self.kdf, self.name, base64.b64encode(data).decode())
        return found

    def unwrap(self, id_: str, wrapped: Wrapped) -> bytes:
        """See :class:`flowyml_infra.state.encryption.master_key.WrappingKey`."""
        if wrapped.kdf != self.kdf:
            raise WrongKeyError(wrapped.kdf)
        try:
            data = base64.b64decode(wrapped.wrapped, validate=True)
        except binascii.Error as error:
            raise WrongKeyError(id_) from error
        try:
            return self.service.decrypt(data, _binding(id_))
        except StateError as error:
            if wrapped.salt == self.name:
                raise
            # A service may refuse rather than say that the ciphertext is another key's.
            raise WrongKeyError(id_) from error


def service_key(url: str, source: str) -> ServiceKey:
    """The key that ``url`` names, for example ``aws-kms://eu-west-1/alias/flowyml``.

    Raises:
        StateError: The URL names no key, or the service's library is not installed.
    """
    scheme, _, rest = url.partition("://")
    place, _, key = rest.partition("/")
    if not key:
        raise StateError(
            f"{url} names no key",
            code="state.key",
            hint="it reads aws-kms://REGION/KEY, KEY being an id, an ARN or alias/NAME; REGION may be left empty",
        )
    return ServiceKey(f"{source}, {url}", scheme, url, _OPENERS[scheme](place, key))


def _binding(id_: str) -> dict[str, str]:
    return {"flowyml-infra": f"data key {id_}"}


class _AwsKms:
    """AWS KMS, https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html."""

    def __init__(self, region: str, key: str) -> None:
        try:
            import boto3
        except ImportError as error:
            raise StateError(
                f"a key in AWS KMS needs boto3: {error}",
                code="state.driver",
                hint="install it with `pip install 'flowyml-infra[aws-kms]'`",
            ) from error
        self._key = key
        from botocore.config import Config

        # The library's own defaults would have a command wait for minutes.
        patience = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=ANSWER_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        )
        self._client: Any = _asked(key, lambda: boto3.client("kms", region_name=region or None, config=patience))

    def encrypt(self, clear: bytes, binding: Mapping[str, str]) -> bytes:
        answer = _asked(
            self._key,
            lambda: self._client.encrypt(KeyId=self._key, Plaintext=clear, EncryptionContext=dict(binding)),
        )
        return bytes(answer["CiphertextBlob"])

    def decrypt(self, data: bytes, binding: Mapping[str, str]) -> bytes:
        answer = _asked(
            self._key,
            lambda: self._client.decrypt(KeyId=self._key, CiphertextBlob=data, EncryptionContext=dict(binding)),
        )
        return bytes(answer["Plaintext"])


_WRONG = ("IncorrectKeyException", "InvalidCiphertextException")
_OPENERS: dict[str, Callable[[str, str], KeyService]] = {"aws-kms": _AwsKms}


def _asked(key: str, ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the library gives
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return ask()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _WRONG:
            raise WrongKeyError(code) from error
        raise _unusable(key, error) from error
    except BotoCoreError as error:
        raise _unusable(key, error) from error


def _unusable(key: str, error: Exception) -> StateError:
    return StateError(
        f"the key {key} in AWS KMS cannot be used: {error}",
        code="state.key",
        hint="check the way to AWS, region, credentials, and the rights kms:Encrypt and kms:Decrypt on the key",
    )
