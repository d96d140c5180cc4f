"""Owns what surrounds the resources of a definition: project, environment, place in the clouds, protection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.definition.project_config import ProjectConfig
    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.resources.derivation import PlaceKey
    from flowyml_infra.resources.problems import Path
    from flowyml_infra.resources.values import Json

VARIABLES: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("aws", "region"): ("AWS_REGION", "AWS_DEFAULT_REGION"),
    ("aws", "account_id"): ("AWS_ACCOUNT_ID",),
    ("gcp", "project_id"): ("GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"),
    ("gcp", "region"): ("GOOGLE_CLOUD_REGION", "CLOUDSDK_COMPUTE_REGION"),
    ("azure", "subscription_id"): ("AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID"),
    ("azure", "resource_group"): ("AZURE_DEFAULTS_GROUP",),
    ("azure", "region"): ("AZURE_DEFAULTS_LOCATION",),
}
"""The variables in which each cloud's own tools look for a place, in their order."""
_ACCOUNTS: Final[Mapping[str, PlaceKey]] = {"aws": "account_id", "gcp": "project_id", "azure": "subscription_id"}


@dataclass(frozen=True)
class Place:
    """A value of a location: the text as written, and where in the manifest, None for one from elsewhere."""

    text: str
    path: Path | None = None


@dataclass(frozen=True)
class Setting:
    """The surroundings of one definition in one environment.

    Attributes:
        stack: The stack's name.
        environment: The environment's name.
        provider: The stack's provider.
        project: The project's name.
        org: The organisation's name, or empty.
        owner: Who the stack belongs to, by its labels ``owner`` or ``team``, or None.
        protected: Whether the environment is protected.
        location: ``spec.location`` as written.
        storage_class: ``spec.storage.storage_class`` as written, or None.
        defaults: ``location`` of flowyml.yaml: places by provider.
        environ: The environment variables.
    """

    stack: str
    environment: str
    provider: str
    project: str = ""
    org: str = ""
    owner: str | None = None
    protected: bool = False
    location: Mapping[str, Json] = field(default_factory=dict)
    storage_class: str | None = None
    defaults: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    _found: dict[tuple[str, str], Place | None] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, definition: StackDefinition, environment: str, config: ProjectConfig) -> Setting:
        """The surroundings of ``definition``."""
        spec = definition.document["spec"]
        location = spec.get("location") if isinstance(spec, dict) else None
        storage = spec.get("storage") if isinstance(spec, dict) else None
        storage_class = storage.get("storage_class") if isinstance(storage, dict) else None
        return cls(
            stack=definition.name,
            environment=environment,
            provider=definition.provider,
            project=config.name,
            org=config.org or "",
            owner=definition.labels.get("owner") or definition.labels.get("team"),
            protected=config.environment(environment).protect,
            location=location if isinstance(location, dict) else {},
            storage_class=storage_class if isinstance(storage_class, str) else None,
            defaults=config.locations_by_provider,
            environ=config.environ,
        )

    def place(self, provider: str, key: str) -> Place | None:
        """Where resources of ``provider`` are: the manifest says it, else flowyml.yaml, else a variable, else nobody.

        A region in the manifest is one of the stack's own provider.
        """
        place = (provider, key)
        # Every resource asks, and the answer is the same.
        if place not in self._found:
            self._found[place] = self._look_up(provider, key)
        return self._found[place]

    def _look_up(self, provider: str, key: str) -> Place | None:
        if key == "storage_class" and self.storage_class is not None:
            return Place(self.storage_class, ("spec", "storage", key))
        written = self.location.get(key)
        if isinstance(written, str) and (key != "region" or provider == self.provider):
            return Place(written, ("spec", "location", key))
        default = self.defaults.get(provider, {}).get(key)
        if default:
            return Place(default)
        found = (self.environ.get(name) for name in VARIABLES.get((provider, key), ()))
        return next((Place(value) for value in found if value), None)

    def origin(self, provider: str) -> tuple[str, ...]:
        """What tells the resources of this deployment from those of every other; names are made from it."""
        key = _ACCOUNTS.get(provider)
        account = self.place(provider, key) if key is not None else None
        return (self.org, self.project, self.stack, self.environment, account.text if account else "")
