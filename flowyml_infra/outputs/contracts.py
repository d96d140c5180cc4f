"""Owns what each component of an applied stack gives to the pipelines on it: names, types, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, ClassVar, Self, cast

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import OutputError
from flowyml_infra.outputs.masking import SECRET
from flowyml_infra.resources.values import Secret, encode, leaves, transform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowyml_infra.resources.values import Json, Leaf, Value


class MissingOutputError(OutputError, AttributeError):
    """An output was asked for that is not there."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ComponentOutputs:
    """The outputs of one component, in the clear.

    What a contract names is an attribute with a type; whatever else the component gives is an attribute all the same.

    Attributes:
        others: Outputs that the contract does not name.
        hidden: The names of the secret ones; ``repr`` and JSON do not show them.
    """

    component: ClassVar[str] = "component"

    others: Mapping[str, Json] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    @classmethod
    def of(cls, values: Mapping[str, Value], component: str | None = None) -> Self:
        """The contract filled from recorded ``values``.

        Raises:
            OutputError: One that the contract needs is missing, or one has no value in the clear.
        """
        title = component or cls.component
        clear = {name: encode(transform(value, _open)) for name, value in values.items()}
        named = {item.name: item for item in fields(cls) if item.name not in ("others", "hidden")}
        missing = [name for name, item in named.items() if name not in clear and item.default is not None]
        if missing:
            raise OutputError(f"the component {title} gives no {', '.join(missing)}", hint="apply the stack again")
        return cls(
            **{name: clear[name] for name in named if name in clear},
            others={name: value for name, value in clear.items() if name not in named},
            hidden=frozenset(name for name, value in values.items() if any(True for _ in leaves(value))),
        )

    def __getattr__(self, name: str) -> Json:
        others = self.__dict__.get("others", {})
        if name in others:
            return cast("Json", others[name])
        if name.startswith("__"):
            raise AttributeError(name)
        raise _missing(f"the component {self.component} has no output {name!r}", name, list(self.to_json()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.to_json().items())
        return f"{type(self).__name__}({shown})"

    def to_json(self, *, show_secrets: bool = False) -> dict[str, Json]:
        """Every output there is by name; secrets are masked unless ``show_secrets``."""
        named = {item.name: getattr(self, item.name) for item in fields(self) if item.name not in ("others", "hidden")}
        present = {name: value for name, value in named.items() if value is not None} | dict(self.others)
        return {
            name: SECRET if name in self.hidden and not show_secrets else value
            for name, value in sorted(present.items())
        }


@dataclass(frozen=True, kw_only=True, repr=False)
class ArtifactStoreOutputs(ComponentOutputs):
    """Where artifacts go: ``uri`` as fsspec takes it, and ``path`` when it is a folder on this machine."""

    component = "artifact_store"
    uri: str
    path: str | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class MetadataStoreOutputs(ComponentOutputs):
    """Where runs are recorded: ``uri`` as SQLAlchemy takes it, and ``path`` when it is a file on this machine.

    Where ``uri`` has not the server's password, ``password`` is it, or ``password_secret`` names the secret with it.
    """

    component = "metadata_store"
    uri: str
    path: str | None = None
    password: str | None = None
    password_secret: str | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class ContainerRegistryOutputs(ComponentOutputs):
    """Where images are pushed: ``uri`` without a scheme in a cloud, ``oci:PATH`` on this machine."""

    component = "container_registry"
    uri: str
    path: str | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class ComputeOutputs(ComponentOutputs):
    """What runs the steps: ``backend`` names the kind of executor or orchestrator."""

    component = "compute"
    backend: str


@dataclass(frozen=True, kw_only=True, repr=False)
class TrackingOutputs(ComponentOutputs):
    """Where experiments are tracked: ``uri`` is the tracking server's."""

    component = "tracking"
    uri: str | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class SecretsOutputs(ComponentOutputs):
    """Where secrets are kept: ``uri`` is the vault's."""

    component = "secrets"
    uri: str | None = None


CONTRACTS: Mapping[str, type[ComponentOutputs]] = {
    contract.component: contract
    for contract in (
        ArtifactStoreOutputs,
        MetadataStoreOutputs,
        ContainerRegistryOutputs,
        ComputeOutputs,
        TrackingOutputs,
        SecretsOutputs,
    )
}
"""Contract by component; one that is not in here has no names of its own."""


@dataclass(frozen=True)
class StackOutputs:
    """The outputs of an applied stack: an attribute per component.

    Attributes:
        components: By name.
    """

    components: Mapping[str, ComponentOutputs]

    @classmethod
    def of(cls, values: Mapping[str, Mapping[str, Value]]) -> StackOutputs:
        """The outputs in ``values``, recorded per component, with secrets in the clear as ``Secret``.

        Raises:
            OutputError: A component lacks one that its contract needs.
        """
        return cls({name: CONTRACTS.get(name, ComponentOutputs).of(items, name) for name, items in values.items()})

    @property
    def artifact_store(self) -> ArtifactStoreOutputs:
        """Where artifacts go."""
        return cast("ArtifactStoreOutputs", self["artifact_store"])

    @property
    def metadata_store(self) -> MetadataStoreOutputs:
        """Where runs are recorded."""
        return cast("MetadataStoreOutputs", self["metadata_store"])

    @property
    def container_registry(self) -> ContainerRegistryOutputs:
        """Where images are pushed."""
        return cast("ContainerRegistryOutputs", self["container_registry"])

    @property
    def compute(self) -> ComputeOutputs:
        """What runs the steps."""
        return cast("ComputeOutputs", self["compute"])

    @property
    def tracking(self) -> TrackingOutputs:
        """Where experiments are tracked."""
        return cast("TrackingOutputs", self["tracking"])

    @property
    def secrets(self) -> SecretsOutputs:
        """Where secrets are kept."""
        return cast("SecretsOutputs", self["secrets"])

    def __getitem__(self, component: str) -> ComponentOutputs:
        if component not in self.components:
            raise _missing(f"the stack has no component {component!r}", component, list(self.components))
        return self.components[component]

    def __getattr__(self, name: str) -> ComponentOutputs:
        if name.startswith("__") or name == "components":
            raise AttributeError(name)
        return self[name]

    def __contains__(self, component: object) -> bool:
        return component in self.components

    def __iter__(self) -> Iterator[str]:
        return iter(self.components)

    def to_json(self, *, show_secrets: bool = False) -> dict[str, Json]:
        """Every component's outputs; secrets are masked unless ``show_secrets``."""
        return {name: dict(item.to_json(show_secrets=show_secrets)) for name, item in sorted(self.components.items())}


def _open(path: str, leaf: Leaf) -> Value:
    if isinstance(leaf, Secret):
        return leaf.value  # type: ignore[return-value]
    raise OutputError(f"the output {path or 'asked for'} has no value in the clear", hint="apply the stack again")


def _missing(message: str, name: str, there: list[str]) -> MissingOutputError:
    listed = f"there is {', '.join(sorted(there))}" if there else "there are none"
    return MissingOutputError(message, hint=did_you_mean(name, there) or listed)
