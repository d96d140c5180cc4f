"""Owns the making of ``kubernetes.object_store``.

Of SeaweedFS, only the S3 gateway listens to the network, and it asks for a key. Everything behind it asks nobody, so it
listens to its own pod. One port of the gateway cannot be kept there, that of its gRPC: it takes orders from those who
sign them (https://github.com/seaweedfs/seaweedfs/pull/11190).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pulumi
import pulumi_kubernetes as k8s

from ..component import Component
from .claims import claim
from .metadata import called, host, metadata
from .pods import DATA, TEMPORARY, Server, asks_path, claimed, from_secret
from .servers import service, stateful_server

if TYPE_CHECKING:
    from ..component import Inputs

ACCESS_KEY, SECRET_KEY = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
"""The entries of the store's secret that clients take; they are called as clients of S3 read them."""
_IDENTITIES, _SIGNING_KEY = "s3.json", "signing-key"
_ACCESS_KEY_LENGTH = 20
"""As those of Amazon have."""
_SETTINGS = "/etc/flowyml"
_PORT, _USER = 8333, 1000
_ACTIONS = ("Read", "Write", "List", "Tagging")
"""What clients may do: not make or remove buckets, nor change who may do what."""

_ARGUMENTS = (
    "-logtostderr=true",
    "server",
    f"-dir={DATA}",
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    # Files of the store that hold many objects each: as many as there is room for, none too large for a small volume.
    "-volume.max=0",
    "-master.volumeSizeLimitMB=256",
    "-s3",
    f"-s3.port={_PORT}",
    "-s3.ip.bind=0.0.0.0",
    f"-s3.config={_SETTINGS}/{_IDENTITIES}",
    "-s3.iam=false",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-s3.allowDeleteBucketNotEmpty=false",
)
_MAKE_BUCKET = """
ask() { echo "$1" | timeout 20 weed shell -master=127.0.0.1:9333 -filer=127.0.0.1:8888; }
tries=0
until ask s3.bucket.list | awk -v bucket="$1" '$1 == bucket { found = 1 } END { exit !found }'; do
  tries=$((tries + 1))
  [ "$tries" -le 60 ] || exit 1
  ask "s3.bucket.create -name $1"
  sleep 2
done
"""
"""Run with the name of the bucket; when it is there, nothing happens."""


class ObjectStore(Component):
    """SeaweedFS in one pod, with one bucket and the keys to it."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("kubernetes:object_store", name, inputs, opts)
        access_key = inputs.secret("access key").apply(lambda secret: secret[:_ACCESS_KEY_LENGTH])
        secret_key = inputs.secret("secret key")
        credentials = k8s.core.v1.Secret(
            f"{name}-credentials",
            metadata=metadata(inputs),
            string_data={
                ACCESS_KEY: access_key,
                SECRET_KEY: secret_key,
                _IDENTITIES: pulumi.Output.all(access_key, secret_key).apply(_identities),
                _SIGNING_KEY: inputs.secret("signing key"),
            },
            opts=self.child(),
        )
        server = _server(inputs, called(credentials.metadata))
        claim(f"{name}-claim", inputs, "ReadWriteOnce", self.child())
        service(f"{name}-service", inputs, server, self.child())
        made = stateful_server(name, inputs, server, self.child())
        self.primary = made
        self.gives = {
            "uri": pulumi.Output.concat("s3://", inputs.text("bucket")),
            "name": called(made.metadata),
            "bucket": inputs.text("bucket"),
            "endpoint": pulumi.Output.concat("http://", host(inputs), f":{_PORT}"),
            "access_key": access_key,
            "secret_key": secret_key,
            "id": made.id,
        }


def _server(inputs: Inputs, secret: pulumi.Input[str]) -> Server:
    settings = k8s.core.v1.SecretVolumeSourceArgs(
        secret_name=secret,
        items=[k8s.core.v1.KeyToPathArgs(key=_IDENTITIES, path=_IDENTITIES)],
        default_mode=0o440,
    )
    return Server(
        kind="object_store",
        image=inputs.text("image"),
        user=_USER,
        port=_PORT,
        command=["weed"],
        args=_ARGUMENTS,
        environment={
            "HOME": TEMPORARY,
            "WEED_JWT_FILER_SIGNING_KEY": from_secret(secret, _SIGNING_KEY),
            # One file at a time, as there is one disk.
            "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",
        },
        probe=asks_path("/healthz"),
        after_start=["/bin/sh", "-c", _MAKE_BUCKET, "make-bucket", inputs.text("bucket")],
        folders={DATA: claimed(inputs), _SETTINGS: k8s.core.v1.VolumeArgs(name="settings", secret=settings)},
    )


def _identities(keys: list[str]) -> str:
    """Who may do what, as the gateway reads it."""
    access_key, secret_key = keys
    client = {
        "name": "client",
        "credentials": [{"accessKey": access_key, "secretKey": secret_key}],
        "actions": list(_ACTIONS),
    }
    return json.dumps({"identities": [client]})
