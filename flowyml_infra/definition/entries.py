"""Owns the short form of a stack under ``stacks:`` in flowyml.yaml, and what manifest each form stands for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field

from flowyml_infra.definition.fields import (
    AccountId,
    Identifier,
    Image,
    Name,
    PythonVersion,
    Section,
    StaticText,
    Text,
    Version,
)
from flowyml_infra.diagnostics import Diagnostic

if TYPE_CHECKING:
    from flowyml_infra.definition.jsonvalue import Json
    from flowyml_infra.definition.places import Path, SourceMap


class StackEntry(Section):
    """What every entry can say."""

    version: Version | None = Field(default=None, description="The definition's semantic version.")
    description: StaticText | None = Field(default=None, description="What the stack is for.")
    labels: dict[str, StaticText] = Field(default_factory=dict, description="Labels, text by name.")
    python_version: PythonVersion | None = Field(default=None, description='The version of Python, quoted: "3.11".')
    docker_image: Image | None = Field(default=None, description="The container image that steps run in.")
    spec: dict[str, Any] = Field(default_factory=dict, description="What else it consists of, as in a manifest.")


class SpecEntry(StackEntry):
    """A stack that is written out as in a manifest."""


class ManifestEntry(Section):
    """A stack whose manifest is in a file."""

    manifest: StaticText = Field(description="The manifest's path, relative to the project.")


class LocalEntry(StackEntry):
    """A stack on this machine."""

    type: Literal["local"] = Field(description="The provider.")
    artifact_path: Text | None = Field(default=None, description="The folder for artifacts.")
    metadata_path: Text | None = Field(default=None, description="The SQLite file for metadata.")
    registry_path: Text | None = Field(default=None, description="The folder for container images.")


class CloudEntry(StackEntry):
    """What entries of all clouds can say."""

    region: Identifier | None = Field(default=None, description="The region.")
    bucket_name: Text | None = Field(default=None, description="The bucket for artifacts.")
    registry_uri: Text | None = Field(default=None, description="The container registry: host/path.")
    service_account: Text | None = Field(default=None, description="The account that pipelines run as.")


class GcpEntry(CloudEntry):
    """A stack on Google Cloud."""

    type: Literal["gcp"] = Field(description="The provider.")
    project_id: Identifier | None = Field(default=None, description="The project.")


class AwsEntry(CloudEntry):
    """A stack on Amazon Web Services."""

    type: Literal["aws"] = Field(description="The provider.")
    account_id: AccountId | None = Field(default=None, description="The account number; quote it.")
    s3_bucket: Text | None = Field(default=None, description="The same as bucket_name.")
    ecr_registry: Text | None = Field(default=None, description="The same as registry_uri.")


class AzureEntry(CloudEntry):
    """A stack on Microsoft Azure."""

    type: Literal["azure"] = Field(description="The provider.")
    subscription_id: Identifier | None = Field(default=None, description="The subscription.")
    resource_group: Identifier | None = Field(default=None, description="The resource group.")
    storage_account: Text | None = Field(default=None, description="The storage account for artifacts.")
    container: Text | None = Field(default=None, description="The same as bucket_name: the container for artifacts.")
    acr_registry: Text | None = Field(default=None, description="The same as registry_uri.")


class KubernetesEntry(StackEntry):
    """A stack in a Kubernetes cluster."""

    type: Literal["kubernetes"] = Field(description="The provider.")
    namespace: Name | None = Field(default=None, description="The namespace.")
    kube_context: StaticText | None = Field(default=None, description="The context of the kubeconfig to use.")
    storage_class: StaticText | None = Field(default=None, description="The storage class of volumes.")
    bucket_name: Text | None = Field(
        default=None, description="The bucket for artifacts in the cluster's object store."
    )
    registry_uri: Text | None = Field(default=None, description="The container registry: host/path.")
    service_account: Text | None = Field(default=None, description="The service account that pipelines run as.")


ENTRY_TYPES: Final[dict[str, type[StackEntry]]] = {
    "local": LocalEntry,
    "aws": AwsEntry,
    "gcp": GcpEntry,
    "azure": AzureEntry,
    "kubernetes": KubernetesEntry,
}
"""The models of entries by their ``type``; entries without one are a ``SpecEntry`` or a ``ManifestEntry``."""

_LOCATION: Final = (
    "region",
    "project_id",
    "account_id",
    "subscription_id",
    "resource_group",
    "namespace",
    "kube_context",
)
_TARGETS: Final[dict[str, Path]] = {
    **{key: ("spec", "location", key) for key in _LOCATION},
    "version": ("metadata", "version"),
    "description": ("metadata", "description"),
    "labels": ("metadata", "labels"),
    "type": ("spec", "provider"),
    "python_version": ("spec", "runtime", "python_version"),
    "docker_image": ("spec", "runtime", "docker_image"),
    "storage_class": ("spec", "storage", "storage_class"),
    "artifact_path": ("spec", "storage", "artifact_store", "uri"),
    "metadata_path": ("spec", "storage", "metadata_store", "uri"),
    "registry_path": ("spec", "registry", "path"),
    "registry_uri": ("spec", "registry", "uri"),
    "ecr_registry": ("spec", "registry", "uri"),
    "acr_registry": ("spec", "registry", "uri"),
    "service_account": ("spec", "identity", "service_account"),
}
_STORE: Final[Path] = ("spec", "storage", "artifact_store")


def entry_model(entry: dict[str, Json]) -> type[Section] | None:
    """The model that ``entry`` is to fit, or None when its ``type`` is none of ours."""
    if "manifest" in entry:
        return ManifestEntry
    kind = entry.get("type")
    if kind is None:
        return SpecEntry
    return ENTRY_TYPES.get(kind) if isinstance(kind, str) else None


@dataclass(repr=False)
class Expansion:
    """The manifest that an entry stands for.

    Attributes:
        manifest: It.
        origins: Where the entry has what is in it.
        problems: What the entry says twice.
    """

    manifest: dict[str, Json]
    origins: dict[Path, Path] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)


def expand_entry(name: str, entry: dict[str, Json], sources: SourceMap) -> Expansion:
    """The manifest for ``entry``, which fits its model; ``sources`` knows the places of the entry's keys."""
    spec = entry.get("spec")
    result = Expansion({"api_version": "flowyml/v1", "kind": "StackDefinition", "metadata": {"name": name}})
    result.manifest["spec"] = dict(spec) if isinstance(spec, dict) else {}
    result.origins[("spec",)] = ("spec",)
    for key, path, value in _placed(entry):
        taken = _put(result.manifest, path, value)
        if taken:
            other = result.origins.get(path, path)
            summary = f"{key} and {'.'.join(map(str, other))} say the same thing twice"
            place = sources.key((key,))
            result.problems.append(
                Diagnostic("error", "definition.duplicate_key", summary, location=place, hint="keep one of the two")
            )
        result.origins[path] = (key,)
    return result


def _placed(entry: dict[str, Json]) -> list[tuple[str, Path, Json]]:
    """Each key of ``entry`` with the place and value that it has in a manifest."""
    placed = [(key, _TARGETS[key], value) for key, value in entry.items() if key in _TARGETS and value is not None]
    return placed + [(key, (*_STORE, *rest), value) for key, rest, value in _store(entry)]


def _store(entry: dict[str, Json]) -> list[tuple[str, Path, Json]]:
    keys = [key for key in ("bucket_name", "s3_bucket", "container") if entry.get(key) is not None]
    match entry.get("type"):
        case "aws":
            return [(key, ("uri",), f"s3://{entry[key]}") for key in keys]
        case "gcp":
            return [(key, ("uri",), f"gs://{entry[key]}") for key in keys]
        case "azure":
            account = entry.get("storage_account")
            if account is not None and keys:
                uri = f"abfs://{entry[keys[0]]}@{account}.dfs.core.windows.net"
                return [(key, ("uri",), uri) for key in keys]
            named: list[tuple[str, Path, Json]] = [(key, ("container",), entry[key]) for key in keys]
            return named if account is None else [*named, ("storage_account", ("name",), account)]
        case _:
            return [(key, ("bucket",), entry[key]) for key in keys]


def _put(manifest: dict[str, Json], path: Path, value: Json) -> bool:
    """Set the value at ``path``; whether there was one already, which then stays."""
    around = manifest
    for step in path[:-1]:
        inner = around.get(str(step))
        if inner is not None and not isinstance(inner, dict):
            return True
        # What came from the entry's own `spec` is shared with it, so the way to the new key is copied.
        copied = dict(inner or {})
        around[str(step)] = copied
        around = copied
    key = str(path[-1])
    taken = around.get(key, value) != value
    around.setdefault(key, value)
    return taken
