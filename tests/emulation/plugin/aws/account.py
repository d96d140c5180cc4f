"""Owns the connection to AWS, or to what answers in its place: one client for each region, errors as refusals."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.emulation.plugin.failures import RefusedError


class Account:
    """Clients for the services of one account; where they answer is named by AWS's own variables."""

    def __init__(self, region: str, credentials: dict[str, str]) -> None:
        self.region = region
        self._credentials = credentials
        self._clients: dict[tuple[str, str], Any] = {}
        self._session: Any = None
        self._lock = threading.Lock()

    def client(self, service: str, region: str) -> Any:
        """The client of ``service`` in ``region``. What a preview does without is loaded when it is first asked for."""
        from botocore.config import Config
        from botocore.session import get_session

        with self._lock:
            if self._session is None:
                self._session = get_session()
            if (service, region) not in self._clients:
                self._clients[service, region] = self._session.create_client(
                    service,
                    region_name=region,
                    config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}),
                    **self._credentials,
                )
            return self._clients[service, region]

    def number(self, region: str) -> str:
        """The twelve digits that the account has."""
        return str(self.client("sts", region).get_caller_identity()["Account"])


def open_account(config: dict[str, Any]) -> Account:
    """The account that the provider's ``config`` and the environment name.

    Raises:
        RefusedError: There is no region, no credentials, or no endpoint: a stand-in never asks the real cloud.
    """
    if not os.environ.get("AWS_ENDPOINT_URL"):
        raise RefusedError("AWS_ENDPOINT_URL names no emulator, and the stand-in never asks the real cloud")
    region = config.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise RefusedError(
            "missing required configuration key 'aws:region': The region where AWS operations take place"
        )
    pair = {"aws_access_key_id": config.get("accessKey"), "aws_secret_access_key": config.get("secretKey")}
    given = {name: value for name, value in pair.items() if value}
    if not given and not os.environ.get("AWS_ACCESS_KEY_ID"):
        raise RefusedError("No valid credential sources found")
    return Account(region, given)


@contextlib.contextmanager
def refusals(doing: str) -> Iterator[None]:
    """Whatever botocore raises inside, as a refusal that says what was being done."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise RefusedError(f"{doing}: {error}") from error


def code(error: ClientError) -> str:
    """AWS's own word for what went wrong."""
    return str(error.response["Error"]["Code"])
