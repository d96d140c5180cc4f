"""Owns the table of the kinds that are made on AWS, and how an account is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi_aws as aws

from .batch_queue import BatchQueue
from .bucket import Bucket
from .cluster import Cluster
from .database import Database
from .finders import FINDERS
from .identity import Identity
from .ids import IDS, UNTAGGED
from .key import Key
from .network import Network
from .node_group import NodeGroup
from .registry import Registry
from .secret import Secret
from .tags import CREATION_TAG

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from ..component import Component, Inputs

__all__ = ["FINDERS", "IDS", "KINDS", "mark", "place", "provider", "unmarked"]

KINDS: Mapping[str, type[Component]] = {
    "batch_queue": BatchQueue,
    "bucket": Bucket,
    "cluster": Cluster,
    "database": Database,
    "identity": Identity,
    "key": Key,
    "network": Network,
    "node_group": NodeGroup,
    "registry": Registry,
    "secret": Secret,
}
"""The component of each kind."""


def mark(token: str, outputs: Mapping[str, Any]) -> str | None:
    """The creation id that a thing of this type carries, empty for none; None for what has no tags."""
    return None if token in UNTAGGED else str((outputs.get("tags") or {}).get(CREATION_TAG, ""))


def unmarked(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """These inputs without their tags."""
    return {name: value for name, value in inputs.items() if name not in ("tags", "tagsAll")}


def place(inputs: Inputs) -> str:
    """What tells the places of resources apart: the region."""
    region = inputs.optional("region")
    return region if isinstance(region, str) else ""


def provider(name: str, region: str) -> pulumi.ProviderResource:
    """The provider for one region; who one is comes from the cloud's own variables and files."""
    return aws.Provider(name, region=region or None)
