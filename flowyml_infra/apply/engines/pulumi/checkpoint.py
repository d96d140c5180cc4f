"""Owns the reading of Pulumi's record of a deployment: which component stands for which resource, and what is open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flowyml_infra.state.row import Child

CREATION: Final = "creation"
"""The input of a component that holds the creation id of its resource."""
_PROVIDERS: Final = "pulumi:providers:"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What Pulumi has on record.

    Attributes:
        resources: Every record by URN, as exported.
        superseded: The ids of what was made anew and is still to be removed, by the URN of the component.
        pending: The operations that were begun and whose end is not on record.
    """

    resources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    pending: tuple[Mapping[str, Any], ...] = ()
    superseded: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, deployment: Mapping[str, Any] | None) -> Checkpoint:
        """Read an exported deployment; None is one that was never made."""
        data = deployment or {}
        resources: dict[str, Mapping[str, Any]] = {}
        superseded: dict[str, list[str]] = {}
        for item in data.get("resources") or ():
            if item.get("delete"):
                superseded.setdefault(item.get("parent", ""), []).append(str(item.get("id")))
            else:
                resources[item["urn"]] = item
        return cls(resources, tuple(data.get("pending_operations") or ()), superseded)

    @property
    def empty(self) -> bool:
        """Whether nothing is on record but how the clouds are reached."""
        things = (
            item for item in self.resources.values() if item.get("custom") or CREATION in (item.get("inputs") or {})
        )
        open_ = self.pending or self.superseded
        return not open_ and all(str(item.get("type", "")).startswith(_PROVIDERS) for item in things)

    def component(self, creation_id: str) -> str | None:
        """The URN of the component of the resource with this creation id, or None."""
        return next((urn for urn, found in self.components().items() if found == creation_id), None)

    def providers(self) -> list[str]:
        """The URNs of the providers."""
        return [urn for urn, item in self.resources.items() if str(item.get("type", "")).startswith(_PROVIDERS)]

    def provider_of(self, urn: str) -> str | None:
        """The reference to the provider ``urn`` as others hold it, or None when it is not there."""
        item = self.resources.get(urn)
        return None if item is None else f"{urn}::{item['id']}"

    def parts(self, component: str) -> list[str]:
        """The URNs of what belongs to a component."""
        return [urn for urn, item in self.resources.items() if item.get("parent") == component]

    def has_other_ids(self, children: Iterable[Child]) -> bool:
        """Whether one of ``children`` is on record with another id: it was made anew."""
        known = ((child, self.resources.get(child.urn)) for child in children)
        return any(found is not None and found.get("id") != child.id for child, found in known)

    def components(self) -> dict[str, str]:
        """The creation id of each component by its URN."""
        found = {urn: (item.get("inputs") or {}).get(CREATION) for urn, item in self.resources.items()}
        return {urn: str(creation) for urn, creation in found.items() if creation}
