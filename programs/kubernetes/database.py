"""Owns the making of ``kubernetes.database``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_kubernetes as k8s

from ..component import Component
from .claims import claim
from .metadata import called, host, metadata
from .pods import DATA, Server, asks_command, claimed, from_secret, scratch
from .servers import service, stateful_server

if TYPE_CHECKING:
    from ..component import Inputs

_PORT = 5432
_DATABASE, _USERNAME, _PASSWORD = "POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD"
_SCRAM = "scram-sha-256"
_IS_READY = f'exec pg_isready --quiet --host=127.0.0.1 --username="${_USERNAME}" --dbname="${_DATABASE}"'
"""By TCP: while the image sets the database up, it listens on a socket alone."""
_USERS = {"debian": 999, "alpine": 70}
"""The user ``postgres`` of the official images: https://github.com/docker-library/postgres."""


class Database(Component):
    """A PostgreSQL server with one volume; whoever reaches it has to have the password."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("kubernetes:database", name, inputs, opts)
        password = inputs.secret("database password")
        credentials = k8s.core.v1.Secret(
            f"{name}-credentials",
            metadata=metadata(inputs),
            string_data={
                _DATABASE: inputs.text("database"),
                _USERNAME: inputs.text("username"),
                _PASSWORD: password,
            },
            opts=self.child(),
        )
        server = _server(inputs, called(credentials.metadata))
        claim(f"{name}-claim", inputs, "ReadWriteOnce", self.child())
        service(f"{name}-service", inputs, server, self.child())
        made = stateful_server(name, inputs, server, self.child())
        self.primary = made
        self.gives = {
            "uri": _uri(inputs, password),
            "host": host(inputs),
            "port": _PORT,
            "name": called(made.metadata),
            "id": made.id,
        }


def _server(inputs: Inputs, secret: pulumi.Input[str]) -> Server:
    image = (
        inputs.text("image")
        if inputs.given("image")
        else pulumi.Output.concat("docker.io/library/postgres:", inputs.text("engine_version"))
    )
    return Server(
        kind="database",
        image=image,
        user=pulumi.Output.from_input(image).apply(_user),
        port=_PORT,
        environment={
            **{name: from_secret(secret, name) for name in (_DATABASE, _USERNAME, _PASSWORD)},
            # In a folder of its own: that of a volume may hold lost+found, and belongs to another user.
            "PGDATA": f"{DATA}/pgdata",
            "POSTGRES_HOST_AUTH_METHOD": _SCRAM,
            "POSTGRES_INITDB_ARGS": f"--auth-host={_SCRAM} --data-checksums",
        },
        probe=asks_command("/bin/sh", "-c", _IS_READY),
        folders={
            DATA: claimed(inputs),
            "/var/run/postgresql": scratch("socket"),
            "/dev/shm": scratch("shared", medium="Memory"),  # noqa: S108 - what the processes share
        },
    )


def _user(image: str) -> int:
    """The number of the user ``postgres``; another one could not set up a database on Alpine."""
    return _USERS["alpine" if "alpine" in image.rpartition("/")[2] else "debian"]


def _uri(inputs: Inputs, password: pulumi.Output[str]) -> pulumi.Output[str]:
    # Neither name has a character that a URL would take for something else.
    login = pulumi.Output.concat("postgresql://", inputs.text("username"), ":", password)
    return pulumi.Output.concat(login, "@", host(inputs), f":{_PORT}/", inputs.text("database"))
