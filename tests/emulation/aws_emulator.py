"""Owns the emulators that answer for AWS, one for S3 and one for the rest, with credentials that are worth nothing."""

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
    """Running emulators.

    Attributes:
        endpoint: Where everything but S3 answers.
        s3_endpoint: Where S3 answers: by the emulator that is stricter there.
    """

    endpoint: str
    s3_endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """What a client needs in its environment to ask the emulators."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_S3": self.s3_endpoint,
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
            endpoint_url=self.s3_endpoint if service == "s3" else self.endpoint,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )


@contextlib.contextmanager
def started(folder: Path) -> Iterator[AwsEmulator]:
    """Emulators that end with the block; their logs are in ``folder``."""
    s3_port, port = servers.free_port(), servers.free_port()
    s3_environment = {"BIND_HOST": servers.LOCALHOST, "GATEWAY_PORT": str(s3_port), "IOT_MTLS_ENABLED": "0"}
    s3_program = [_program("ministack")]
    program = [_program("moto_server"), "-H", servers.LOCALHOST, "-p", str(port)]
    # The policies that AWS keeps itself can be attached.
    environment = {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    with (
        servers.running(s3_program, folder / "s3.log", lambda: servers.listens(s3_port), s3_environment),
        servers.running(program, folder / "aws.log", lambda: servers.listens(port), environment),
    ):
        yield AwsEmulator(f"http://{servers.LOCALHOST}:{port}", f"http://{servers.LOCALHOST}:{s3_port}")


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))
