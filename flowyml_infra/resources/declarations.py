"""Owns the list of resources that a definition declares, whether as components or by name, before they are checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from flowyml_infra.address import Address
from flowyml_infra.errors import GraphError
from flowyml_infra.resources.catalogue import kind as find
from flowyml_infra.resources.component_uris import properties_of_uri
from flowyml_infra.resources.machines import SEPARATE_MACHINES, read_machines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowyml_infra.definition.components import Component
    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.resources.kind import Kind
    from flowyml_infra.resources.problems import Path, Problems
    from flowyml_infra.resources.values import Json

_COMPONENT_KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "artifact_store": {
        "local": "directory",
        "aws": "bucket",
        "gcp": "bucket",
        "azure": "storage",
        "kubernetes": "object_store",
    },
    "metadata_store": {
        "local": "sqlite",
        "aws": "database",
        "gcp": "database",
        "azure": "database",
        "kubernetes": "database",
    },
    "container_registry": {
        "local": "oci_registry",
        "aws": "registry",
        "gcp": "registry",
        "azure": "registry",
        "kubernetes": "registry_secret",
    },
    "compute": {
        "aws": "cluster",
        "gcp": "cluster",
        "azure": "cluster",
        "kubernetes": "namespace",
    },
    "tracking": {"kubernetes": "mlflow"},
    "identity": {
        "local": "identity",
        "aws": "identity",
        "gcp": "identity",
        "azure": "identity",
        "kubernetes": "service_account",
    },
    "network": {
        "local": "network",
        "aws": "network",
        "gcp": "network",
        "azure": "network",
        "kubernetes": "network_policy",
    },
}
"""What stands for a managed component, by provider; without an entry, a component has no resource of its own."""
_BACKEND_KINDS: Final[Mapping[str, str]] = {
    "aws_batch": "batch_queue",
    "batch": "batch_queue",
    "sagemaker": "identity",
    "vertex": "vertex",
    "vertexai": "vertex",
    "vertex_ai": "vertex",
    "azureml": "ml_workspace",
}
"""The same for compute backends that are no cluster."""
_SECRET_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "aws_secrets_manager": ("aws", "secret"),
    "gcp_secret_manager": ("gcp", "secret"),
    "azure_keyvault": ("azure", "vault"),
    "kubernetes": ("kubernetes", "secret"),
}
"""The same for secret stores, by their kind, with the provider."""
_BACKEND_PROPERTIES: Final[Mapping[str, Mapping[str, Json]]] = {"sagemaker": {"trusted": ["sagemaker.amazonaws.com"]}}
"""What a compute backend asks of the kind that stands for it, unless the manifest says otherwise."""
_CHOSEN: Final = frozenset({("secrets", "provider"), ("tracking", "experiment_tracker")})
"""What a component says that chose its kind, and is no property of it."""
_ENTRY_KEYS: Final = frozenset({"kind", "provider", "depends_on", "lifecycle"})


@dataclass(frozen=True, slots=True)
class Declaration:
    """One resource as it was written.

    Attributes:
        address: Its address.
        kind: Its kind.
        path: Where the document has it.
        properties: What was written for each property.
        places: Where the document has a property, if not below ``path`` under its name.
        depends_on: The addresses written down.
        lifecycle: The ``lifecycle`` mapping as written.
        component: The component it stands for, or None.
    """

    address: Address
    kind: Kind
    path: Path
    properties: Mapping[str, Json]
    places: Mapping[str, Path] = field(default_factory=dict)
    depends_on: Sequence[Json] = ()
    lifecycle: Mapping[str, Json] = field(default_factory=dict)
    component: str | None = None

    def place(self, name: str) -> Path:
        """Where the document has the property ``name``."""
        return self.places.get(name) or (*self.path, name)


def declarations(definition: StackDefinition, problems: Problems) -> Iterator[Declaration]:
    """Every resource that ``definition`` declares and that this version can make; of the others, the problem."""
    for component in definition.components().values():
        wanted = kind_of_component(component)
        if wanted is None or component.existing:
            continue
        kind = _available(*wanted, component.path, f"the component {component.name} needs", problems)
        if kind is None:
            continue
        if component.name == "compute":
            yield from _of_compute(component, kind, problems)
        else:
            yield _of_component(component, kind, problems)
    for name, entry in _entries(definition):
        path = ("spec", "resources", name)
        provider = str(entry.get("provider") or definition.provider)
        kind = _available(provider, str(entry["kind"]), (*path, "kind"), f"the resource {name} needs", problems)
        if kind is not None:
            yield _of_entry(name, entry, kind, path)


def _entries(definition: StackDefinition) -> Iterator[tuple[str, Mapping[str, Json]]]:
    spec = definition.document["spec"]
    entries = spec.get("resources") if isinstance(spec, dict) else None
    for name, entry in (entries if isinstance(entries, dict) else {}).items():
        if isinstance(entry, dict):
            yield name, entry


def kind_of_component(component: Component) -> tuple[str, str] | None:
    """Provider and name of the kind that stands for ``component`` when it is managed, or None when nothing does."""
    if component.name == "secrets":
        return _SECRET_KINDS.get(str(component.properties.get("provider")))
    backend = _BACKEND_KINDS.get(str(component.properties.get("backend"))) if component.name == "compute" else None
    name = backend or _COMPONENT_KINDS.get(component.name, {}).get(component.provider)
    return None if name is None else (component.provider, name)


def _available(provider: str, name: str, path: Path, why: str, problems: Problems) -> Kind | None:
    try:
        return find(provider, name)
    except GraphError as error:
        problems.add(error.code, path, f"{error.message}, and {why} it", error.hint)
        return None


def _of_component(component: Component, kind: Kind, problems: Problems) -> Declaration:
    properties = {name: value for name, value in component.properties.items() if (component.name, name) not in _CHOSEN}
    places: dict[str, Path] = {}
    for name, value in properties_of_uri(component, kind.id).items():
        if name in properties:
            hint, what = "keep one of the two", "the place" if name == "path" else f"the {name}"
            problems.add("definition.value", (*component.path, name), f"uri and {name} both name {what}", hint)
        properties[name] = value
        places[name] = (*component.path, "uri")
    address = Address(f"{kind.id}.{component.name}")
    return Declaration(
        address, kind, component.path, properties, places, lifecycle=component.lifecycle, component=component.name
    )


def _of_compute(component: Component, kind: Kind, problems: Problems) -> Iterator[Declaration]:
    """The resources that steps run on: a cluster or queue, and its machines; what steps ask for is not theirs."""
    given = dict(component.properties)
    extra = given.get("properties")
    own = {**_BACKEND_PROPERTIES.get(str(given.get("backend")), {}), **(extra if isinstance(extra, dict) else {})}
    places: dict[str, Path] = {name: (*component.path, "properties", name) for name in own}
    separate = SEPARATE_MACHINES.get(kind.id)
    machines = read_machines(component, problems)
    if separate is None:
        machines.check_kept(kind, problems)
        taken = machines.of(kind)
        yield _compute_part(component, kind, {**own, **taken}, {**places, **machines.places})
        return
    yield _compute_part(component, kind, own, places)
    nodes = _available(component.provider, separate, component.path, f"{kind.id} needs", problems)
    if nodes is not None:
        yield _compute_part(component, nodes, machines.of(nodes), machines.places)


def _compute_part(
    component: Component, kind: Kind, properties: Mapping[str, Json], places: Mapping[str, Path]
) -> Declaration:
    address = Address(f"{kind.id}.{component.name}")
    return Declaration(
        address, kind, component.path, properties, places, lifecycle=component.lifecycle, component=component.name
    )


def _of_entry(name: str, entry: Mapping[str, Json], kind: Kind, path: Path) -> Declaration:
    depends_on, lifecycle = entry.get("depends_on"), entry.get("lifecycle")
    return Declaration(
        address=Address(f"{kind.id}.{name}"),
        kind=kind,
        path=path,
        properties={key: value for key, value in entry.items() if key not in _ENTRY_KEYS},
        depends_on=depends_on if isinstance(depends_on, list) else (),
        lifecycle=lifecycle if isinstance(lifecycle, dict) else {},
    )
