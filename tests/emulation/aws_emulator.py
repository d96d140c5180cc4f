"""Owns the emulator that answers for AWS: started on a private port, with credentials that are worth nothing."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.emulation import servers

REGION = "eu-west-1"


@dataclass(frozen=True)
class AwsEmulator:
    """A running emulator."""

    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """What a client needs in its environment to ask the emulator."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:
        """A boto3 client that asks the emulator."""
        import boto3

        return boto3.session.Session().client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )


@contextlib.contextmanager
def started(folder: Path) -> Iterator[AwsEmulator]:
    """An emulator that ends with the block; its log is in ``folder``."""
    port = servers.free_port()
    environment = {"BIND_HOST": servers.LOCALHOST, "GATEWAY_PORT": str(port), "IOT_MTLS_ENABLED": "0"}
    program = str(Path(sys.executable).with_name("ministack"))
    with servers.running([program], folder / "aws.log", lambda: servers.listens(port), environment):
        yield AwsEmulator(f"http://{servers.LOCALHOST}:{port}")
