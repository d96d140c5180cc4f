"""Owns the kind ``kubernetes.object_store``: SeaweedFS on a volume, which speaks to clients as Amazon S3 does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.cloud_properties import text
from flowyml_infra.resources.facts import kubernetes as facts
from flowyml_infra.resources.facts.aws import BUCKET_NAME
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.kubernetes_properties import cluster_kind
from flowyml_infra.resources.kubernetes_servers import (
    AFTER_START,
    CLAIM,
    CREDENTIALS,
    SERVICE,
    STATEFUL_SERVER,
    image_property,
    machine_properties,
    volume_properties,
)

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json

# Before 4.47, whoever reached the gateway could give himself rights: https://github.com/seaweedfs/seaweedfs/pull/11190
_IMAGE = "docker.io/chrislusf/seaweedfs:4.47"


def _bucket_problem(value: Json) -> str | None:
    return BUCKET_NAME.problem(str(value))


KIND: Final = cluster_kind(
    "kubernetes.object_store",
    "An object store in the cluster that is used as Amazon S3 is.",
    rule=facts.SERVER_NAME,
    called="The store's name; it is reached by it.",
    properties=(
        text(
            "bucket",
            "The bucket that is made in it; a change makes another one beside it.",
            AFTER_START,
            default="artifacts",
            check=_bucket_problem,
        ),
        *volume_properties(size=20),
        image_property("The image of SeaweedFS, 4.47 or newer.", default=_IMAGE),
        *machine_properties(),
    ),
    outputs=(
        Output("uri", "string", "s3://BUCKET.", follows=("bucket",)),
        Output("name", "string", "The store's name.", echoes="name"),
        Output("bucket", "string", "The bucket.", echoes="bucket"),
        Output("endpoint", "string", "http://NAME.NAMESPACE.svc:8333, where clients in the cluster find it."),
        Output("access_key", "string", "The key that clients name.", sensitive=True),
        Output("secret_key", "string", "The secret that belongs to it.", sensitive=True),
        Output("id", "string", "NAMESPACE/NAME."),
    ),
    children=(STATEFUL_SERVER, CLAIM, SERVICE, CREDENTIALS),
    stateful=True,
)
