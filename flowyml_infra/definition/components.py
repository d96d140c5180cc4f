"""Owns a stack's components in one form, whichever way they were written, and the inference of providers.

A store given as a URI is managed when the URI's scheme belongs to the component's provider; otherwise it is taken to be
there already, as is everything that is named by an endpoint's URL.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from flowyml_infra.definition.grammar import scheme_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowyml_infra.definition.jsonvalue import Json
    from flowyml_infra.definition.places import Path

LOCAL: Final = "local"
_BACKENDS: Final = {
    "local": LOCAL,
    "sagemaker": "aws",
    "aws_batch": "aws",
    "batch": "aws",
    "eks": "aws",
    "vertex": "gcp",
    "vertexai": "gcp",
    "vertex_ai": "gcp",
    "gke": "gcp",
    "azureml": "azure",
    "aks": "azure",
    "kubernetes": "kubernetes",
    "k8s": "kubernetes",
    "kubeflow": "kubernetes",
}
_SCHEMES: Final = {
    "file": LOCAL,
    "sqlite": LOCAL,
    "oci": LOCAL,
    "s3": "aws",
    "gs": "gcp",
    "gcs": "gcp",
    "abfs": "azure",
    "abfss": "azure",
    "az": "azure",
    "adl": "azure",
    "wasb": "azure",
    "wasbs": "azure",
}
_REGISTRY_HOSTS: Final = (
    ("gcr.io", "gcp"),
    ("pkg.dev", "gcp"),
    ("amazonaws.com", "aws"),
    ("amazonaws.com.cn", "aws"),
    ("azurecr.io", "azure"),
)
_OWN_KEYS: Final = frozenset({"uri", "provider", "existing", "lifecycle"})
_PLACES: Final[tuple[tuple[str, Path], ...]] = (
    ("compute", ("spec", "compute")),
    ("artifact_store", ("spec", "storage", "artifact_store")),
    ("metadata_store", ("spec", "storage", "metadata_store")),
    ("container_registry", ("spec", "registry")),
    ("tracking", ("spec", "tracking")),
    ("secrets", ("spec", "secrets")),
    ("identity", ("spec", "identity")),
    ("network", ("spec", "network")),
)
COMPONENTS: Final = tuple(name for name, _ in _PLACES)
"""What a stack can have one of."""


@dataclass(frozen=True, slots=True)
class Component:
    """One component that a definition declares.

    Attributes:
        name: Which one: ``artifact_store``, ``container_registry``, …
        uri: Where it is, as written and possibly with references in it, or None.
        provider: What it comes from: as written, else by its URI, else the stack's provider.
        existing: It is there already; the stack binds to it and never manages it.
        lifecycle: The ``lifecycle`` mapping as written.
        properties: Every other key as written.
        path: Where the document has it.
    """

    name: str
    uri: str | None
    provider: str
    existing: bool
    lifecycle: Mapping[str, Json] = field(default_factory=dict)
    properties: Mapping[str, Json] = field(default_factory=dict)
    path: Path = ()

    @property
    def local_path(self) -> str | None:
        """The path on this machine that its URI names, as a template, or None; relative to the project."""
        if self.uri is None or provider_of_uri(self.uri, self.name) != LOCAL:
            return None
        scheme = scheme_of(self.uri)
        if scheme is None:
            return self.uri
        rest = self.uri.split(":", 1)[1]
        if scheme == "sqlite":
            # SQLAlchemy's form: three slashes before a relative path, four before an absolute one.
            return rest.removeprefix("///")
        # file:///abs names an absolute path, file://rel and file:rel a relative one.
        return rest.removeprefix("//")


def components_of(document: Mapping[str, Json], provider: str) -> dict[str, Component]:
    """The components that a document declares, by name, in a fixed order; ``provider`` is the stack's."""
    return {name: _component(name, path, written, provider) for name, path, written in _written(document)}


def infer_provider(document: Mapping[str, Json]) -> str:
    """``spec.provider``, else what the compute backend implies, else the artifact store's scheme, else ``local``."""
    given = dict(_sections(document))
    spec = document.get("spec")
    stated = spec.get("provider") if isinstance(spec, dict) else None
    if isinstance(stated, str):
        return stated
    backend = given.get("compute", {}).get("backend")
    if isinstance(backend, str) and backend in _BACKENDS:
        return _BACKENDS[backend]
    store = given.get("artifact_store", {})
    named, uri = store.get("provider"), store.get("uri")
    if isinstance(named, str):
        return named
    return (provider_of_uri(uri, "artifact_store") if isinstance(uri, str) else None) or LOCAL


def provider_of_uri(uri: str, component: str) -> str | None:
    """The provider that the scheme (for registries, the host) of ``uri`` belongs to, or None."""
    scheme = scheme_of(uri)
    if scheme is not None:
        return _SCHEMES.get(scheme)
    if uri.startswith("${"):
        return None
    if component != "container_registry":
        return LOCAL
    host = uri.partition("/")[0].partition(":")[0].lower()
    return next((name for suffix, name in _REGISTRY_HOSTS if host == suffix or host.endswith(f".{suffix}")), None)


def _component(name: str, path: Path, written: dict[str, Json], stack_provider: str) -> Component:
    uri = _text(written.get("uri"))
    endpoint = _text(written.get("mlflow_uri")) or _text(written.get("vault_url"))
    backend = _BACKENDS.get(str(written.get("backend"))) if name == "compute" else None
    implied = provider_of_uri(uri, name) if uri is not None else backend
    # A secret store's `provider` is the kind of store, which is a property and no provider in our sense.
    stated = _text(written.get("provider")) if name != "secrets" else None
    provider = stated or implied or stack_provider
    existing = written.get("existing")
    if not isinstance(existing, bool):
        foreign = uri is not None and implied != (stated or stack_provider)
        existing = foreign or endpoint is not None or written.get("service_account") is not None
    lifecycle = written.get("lifecycle")
    own = _OWN_KEYS - {"provider"} if name == "secrets" else _OWN_KEYS
    own |= {"mlflow_uri", "vault_url"} if uri is None else set()
    return Component(
        name=name,
        uri=uri or endpoint,
        provider=provider,
        existing=existing,
        lifecycle=lifecycle if isinstance(lifecycle, dict) else {},
        properties={key: item for key, item in written.items() if key not in own},
        path=path,
    )


def _sections(document: Mapping[str, Json]) -> Iterator[tuple[str, dict[str, Json]]]:
    for name, _, written in _written(document):
        yield name, written


def _written(document: Mapping[str, Json]) -> Iterator[tuple[str, Path, dict[str, Json]]]:
    for name, path in _PLACES:
        value: Json = dict(document)
        for step in path:
            value = value.get(str(step)) if isinstance(value, dict) else None
        if isinstance(value, dict):
            yield name, path, value


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None
