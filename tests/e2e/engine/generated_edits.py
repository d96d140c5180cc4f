"""Owns the edits of definitions over all kinds: for every resource a seeded order of changes, one of them a round.

A resource is declared twice for each kind, once with what it needs alone and once with all that it can have. An edit
changes one property to another value that the kind allows, or leaves it out; every property is somebody's turn. Some
rounds take a resource away or add one instead.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowyml_infra.definition.project_config import ProjectConfig
from flowyml_infra.definition.stack_definition import StackDefinition
from flowyml_infra.errors import InfraError
from flowyml_infra.resources.catalogue import kind as find_kind
from flowyml_infra.resources.expand import expand
from flowyml_infra.resources.kind import Kind
from flowyml_infra.resources.property import Property

ENVIRONMENT = {"PULLER": "sesame", "OTHER_PULLER": "open"}
"""The variables that the definitions name."""
PROJECT = b"project: {name: edits}\n"
_KEY, _OTHER_KEY = (f"arn:aws:kms:eu-west-1:123456789012:key/{number}" for number in (1, 2))
_SUBNETS, _GROUPS = ["subnet-1", "subnet-2"], ["sg-1", "sg-2"]
_POLICY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
_OWN = "arn:aws:iam::123456789012:policy/own"
_LEFT_OUT = None

NEEDED: Mapping[str, Mapping[str, Any]] = {
    "aws.node_group": {"cluster": "training"},
    "kubernetes.quota": {"pods": 9},
    "kubernetes.registry_secret": {"server": "ghcr.io/acme", "username": "puller", "password": "${PULLER}"},
}
"""What has no default, by kind."""
MORE: Mapping[str, Mapping[str, Any]] = {
    "aws.batch_queue": {
        "preemptible": True,
        "min_nodes": 1,
        "subnet_ids": _SUBNETS,
        "security_group_ids": _GROUPS,
        "tags": {"cost": "ml"},
    },
    "aws.bucket": {"kms_key": _KEY, "expire_after_days": 9, "noncurrent_expire_after_days": 3, "tags": {"cost": "ml"}},
    "aws.cluster": {
        "version": "1.33",
        "subnet_ids": _SUBNETS,
        "security_group_ids": _GROUPS,
        "service_cidr": "10.100.0.0/16",
        "kms_key": _KEY,
    },
    "aws.database": {
        "engine_version": "16.3",
        "allow_major_upgrade": True,
        "storage": 50,
        "max_storage": 100,
        "kms_key": _KEY,
        "subnet_ids": _SUBNETS,
        "security_group_ids": _GROUPS,
    },
    "aws.identity": {
        "bucket": "arn:aws:s3:::data",
        "repository": "arn:aws:ecr:eu-west-1:123456789012:repository/images",
        "secret": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:token",
        "database_secret": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds",
        "policies": [_POLICY, _OWN],
        "permissions_boundary": _OWN,
        "oidc_provider": "arn:aws:iam::123456789012:oidc-provider/one",
        "kubernetes_account": "ml/trainer",
    },
    "aws.key": {"multi_region": True, "description": "of a team", "tags": {"cost": "ml"}},
    "aws.network": {"internet": False, "zones": 3, "cidr": "10.8.0.0/16"},
    "aws.node_group": {
        "cluster": "training",
        "preemptible": True,
        "labels": {"pool": "gpu"},
        "subnet_ids": _SUBNETS,
        "machine_type": "g5.xlarge",
    },
    "aws.registry": {"kms_key": _KEY, "keep_images": 5, "tags": {"cost": "ml"}},
    "aws.secret": {"value": "${PULLER}", "description": "a token", "kms_key": _KEY},
    "kubernetes.database": {"image": "docker.io/library/postgres:16-alpine", "size": 20, "storage_class": "fast"},
    "kubernetes.mlflow": {
        "backend_uri": "postgresql://ml@runs.team-a.svc/runs",
        "artifact_uri": "s3://artifacts",
        "artifact_endpoint": "http://store.team-a.svc:8333",
        "artifact_secret": "store",
        "replicas": 2,
    },
    "kubernetes.namespace": {"pod_security": "restricted", "labels": {"cost": "ml"}},
    "kubernetes.network_policy": {"internet": False, "allow_from": ["team-b", "team-c"]},
    "kubernetes.object_store": {"size": 25, "storage_class": "fast"},
    "kubernetes.quota": {"cpu": "8", "memory": "32Gi", "gpu": 2, "storage": "1Ti"},
    "kubernetes.registry_secret": {**NEEDED["kubernetes.registry_secret"], "labels": {"cost": "ml"}},
    "kubernetes.secret": {"value": "${PULLER}", "labels": {"cost": "ml"}},
    "kubernetes.service_account": {
        "annotations": {"iam.example/role": "ml"},
        "image_pull_secrets": ["ghcr", "quay"],
        "permissions": ["pods", "pods/log"],
    },
    "kubernetes.volume": {"access_mode": "ReadWriteMany", "storage_class": "fast"},
}
"""All that it can have, by kind."""
VALUES: Mapping[str, tuple[Any, ...]] = {
    "region": ("eu-central-1",),
    "namespace": ("team-b",),
    "kms_key": (_KEY, _OTHER_KEY),
    "subnet_ids": (["subnet-1", "subnet-2"], ["subnet-2", "subnet-1"], ["subnet-1", "subnet-3"]),
    "security_group_ids": (["sg-1", "sg-2"], ["sg-2", "sg-1"], ["sg-3"]),
    "machine_type": ("m5.xlarge", "c6g.large", "g5.xlarge"),
    "version": ("1.33", "1.34"),
    "service_cidr": ("10.100.0.0/16", "10.101.0.0/16"),
    "logs": (["api", "audit", "authenticator"], ["audit", "api", "authenticator"], ["audit"]),
    "size": ("db.t4g.large",),
    "database": ("runs",),
    "username": ("owner",),
    "trusted": (
        ["batch.amazonaws.com"],
        ["sagemaker.amazonaws.com", "ecs-tasks.amazonaws.com", "pods.eks.amazonaws.com"],
    ),
    "bucket": ("arn:aws:s3:::others",),
    "repository": ("arn:aws:ecr:eu-west-1:123456789012:repository/others",),
    "secret": ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:others",),
    "database_secret": ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:others",),
    "oidc_provider": ("arn:aws:iam::123456789012:oidc-provider/two",),
    "kubernetes_account": ("ml/server",),
    "policies": ([_OWN], [_OWN, _POLICY]),
    "permissions_boundary": (_OWN, _POLICY),
    "description": ("what it is for",),
    "cidr": ("10.9.0.0/16",),
    "cluster": ("serving",),
    "value": ("${PULLER}", "${OTHER_PULLER}"),
    "password": ("${OTHER_PULLER}",),
    "image": ("docker.io/library/postgres:16.4",),
    "cpu": ("1", "1000m", "250m"),
    "memory": ("2Gi", "2048Mi"),
    "default_cpu": ("1",),
    "default_memory": ("2Gi",),
    "storage_class": ("fast", "slow"),
    "backend_uri": ("postgresql://ml@other.team-a.svc/runs",),
    "artifact_uri": ("s3://artifacts", "s3://others"),
    "artifact_endpoint": ("http://other.team-a.svc:8333",),
    "artifact_secret": ("others",),
    "allow_from": (["team-c", "team-b"], ["team-d"]),
    "server": ("ghcr.io/others", "quay.io"),
    "permissions": (["pods/log", "pods"], ["jobs", "pods"]),
    "image_pull_secrets": (["quay", "ghcr"], ["others"]),
    "annotations": ({"iam.example/role": "serving"},),
    "key": ("token",),
}
"""By property: values that are tried where the property's own description does not say enough."""
OF_KIND: Mapping[str, tuple[Any, ...]] = {
    "aws.database.engine_version": ("16.3", "16.4"),
    "kubernetes.database.engine_version": ("16.4",),
    "kubernetes.object_store.bucket": ("others",),
    "kubernetes.object_store.image": ("docker.io/chrislusf/seaweedfs:4.48",),
    "kubernetes.mlflow.image": ("ghcr.io/mlflow/mlflow:v3.14.1-full",),
}
"""By kind and property, where that is not enough either."""


@dataclass(frozen=True)
class Edit:
    """One change of one resource: the property and its value, or no property for a resource that comes or goes."""

    resource: str
    property: str = ""
    value: Any = None
    gone: bool = False

    def __str__(self) -> str:
        what = f"{self.property}: {self.value!r}" if self.property else "gone" if self.gone else "new"
        return f"{self.resource} {what}"


@dataclass
class Generator:
    """Makes the same rounds of edits for the same seed."""

    seed: int
    base: dict[str, dict[str, Any]] = field(default_factory=dict)
    _decks: dict[str, list[Edit]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for id_ in sorted(MORE):
            provider, _, name = id_.partition(".")
            for variant, properties in (("plain", NEEDED.get(id_, {})), ("more", MORE[id_])):
                key = f"{provider}_{name}_{variant}"
                self.base[key] = {"kind": name, "provider": provider, **properties}
                deck = list(_edits(key, self.base[key], find_kind(provider, name)))
                random.Random(f"{self.seed} {key}").shuffle(deck)
                self._decks[key] = deck

    @property
    def longest(self) -> int:
        """After how many rounds every edit has had its turn."""
        return max(len(deck) for deck in self._decks.values())

    def every(self) -> list[Edit]:
        """Every edit of a property."""
        return [edit for deck in self._decks.values() for edit in deck]

    def kind(self, edit: Edit) -> str:
        """The kind of the resource that is edited."""
        entry = self.base[edit.resource]
        return f"{entry['provider']}.{entry['kind']}"

    def round(self, number: int) -> tuple[list[Edit], dict[str, dict[str, Any]]]:
        """The edits of a round, and the resources as they are declared after it; all begin at ``base``."""
        chance = random.Random(f"{self.seed} round {number}")
        resources = {key: dict(entry) for key, entry in self.base.items()}
        edits: list[Edit] = []
        going, coming = chance.sample(sorted(self.base), 2)
        for key, deck in self._decks.items():
            if key == going:
                edits.append(Edit(key, gone=True))
                del resources[key]
            elif number < len(deck):
                edits.append(deck[number])
                resources[key] = _edited(self.base[key], deck[number])
        edits.append(Edit(f"{coming}_new"))
        resources[f"{coming}_new"] = dict(self.base[coming])
        return edits, resources


def manifest(resources: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The definition of these resources."""
    return {
        "apiVersion": "flowyml/v1",
        "kind": "StackDefinition",
        "metadata": {"name": "s", "labels": {"team": "ml"}},
        "spec": {
            "provider": "aws",
            "location": {"region": "eu-west-1", "namespace": "team-a"},
            "resources": dict(resources),
        },
    }


def _edited(entry: Mapping[str, Any], edit: Edit) -> dict[str, Any]:
    changed = {**entry, edit.property: edit.value}
    return {name: value for name, value in changed.items() if value is not _LEFT_OUT}


def _edits(key: str, entry: Mapping[str, Any], kind: Kind) -> Iterator[Edit]:
    """Everything that can be done to one property of the resource and is allowed."""
    before = _expanded(entry)
    for item in kind.properties:
        for value in _values(entry, kind, item):
            edit = Edit(key, item.name, value)
            if value != entry.get(item.name) and _is_allowed(kind, before, _edited(entry, edit)):
                yield edit


def _values(entry: Mapping[str, Any], kind: Kind, item: Property) -> Iterator[Any]:
    if item.name in entry:
        yield _LEFT_OUT
    if item.name == "name":
        yield f"other-{kind.name.replace('_', '-')}"
    yield from OF_KIND.get(f"{kind.id}.{item.name}", VALUES.get(item.name, ()))
    yield from item.choices
    match item.type:
        case "boolean":
            yield from (True, False)
        case "integer":
            least, most = item.minimum or 0, item.maximum or 100
            now = entry.get(item.name, item.default)
            start = now if isinstance(now, int) else least
            yield from sorted({min(most, start + 1), max(least, start - 1)})
        case "mapping" if item.name not in VALUES:
            yield from ({"cost": "ml", "owner": "b"}, {"cost": "other"})


def _is_allowed(kind: Kind, before: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    """Whether the definition is right, and the plan would not refuse the change by itself."""
    try:
        after = _expanded(entry)
    except InfraError:
        return False
    changed = [name for name in after if after[name] != before.get(name)]
    return not any(kind.transition(name, "refuse", before, after) for name in changed)


def _expanded(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    project = ProjectConfig.from_bytes(PROJECT, "/nowhere", environ={})
    definition = StackDefinition.from_mapping(manifest({"thing": entry}), config=project, environ=ENVIRONMENT)
    (spec,) = expand(definition, "default", config=project).graph.specs.values()
    return spec.properties
