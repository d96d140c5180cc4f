"""Owns what a definition says about which thing in the world a resource is: its name, its place, what it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flowyml_infra.resources.catalogue import find_kind, kind
from flowyml_infra.resources.values import Reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.project.terraform.terraform_state import TerraformResource
    from flowyml_infra.resources.spec import ResourceSpec

_NAME = "name"


class Difference(NamedTuple):
    """A property by which two things are not one: what is declared, and what is there."""

    property: str
    here: str
    there: str

    def __str__(self) -> str:
        return f"its {self.property} is {self.there}, and {self.here} is declared"


class Declared:
    """The declared resources, by kind and by name.

    Args:
        specs: The resources of a definition.
    """

    def __init__(self, specs: Mapping[Address, ResourceSpec]) -> None:
        self._specs = specs
        self._by_kind: dict[str, list[ResourceSpec]] = {}
        self._unnamed: dict[str, list[ResourceSpec]] = {}
        self._by_name: dict[tuple[str, str], list[ResourceSpec]] = {}
        for address, spec in specs.items():
            id_ = f"{address.provider}.{address.kind}"
            self._by_kind.setdefault(id_, []).append(spec)
            if _NAME in spec.generated:
                self._unnamed.setdefault(id_, []).append(spec)
            name = self.told(spec, _NAME)
            if name is not None:
                self._by_name.setdefault((id_, _spelling(id_, _NAME, name)), []).append(spec)

    def of_kind(self, kind_id: str) -> Sequence[ResourceSpec]:
        """Those of a kind."""
        return self._by_kind.get(kind_id, ())

    def tells_apart(self, kind_id: str) -> bool:
        """Whether things of a kind have names by which one is known."""
        return _NAME in kind(*kind_id.split(".")).identity

    def unnamed(self, kind_id: str) -> Sequence[ResourceSpec]:
        """Those of a kind that nobody gave a name."""
        return self._unnamed.get(kind_id, ())

    def named_as(self, resource: TerraformResource) -> Sequence[ResourceSpec]:
        """Those that have the kind and the name of ``resource``."""
        name = (resource.tells or {}).get(_NAME)
        return () if name is None else self._by_name.get((resource.kind, _spelling(resource.kind, _NAME, name)), ())

    def differences(self, spec: ResourceSpec, resource: TerraformResource) -> list[Difference]:
        """By what ``spec`` and ``resource`` are not one thing; what one of them does not say is no difference."""
        found = []
        for name, there in (resource.tells or {}).items():
            here = self.told(spec, name)
            if here is not None and _spelling(resource.kind, name, here) != _spelling(resource.kind, name, there):
                found.append(Difference(name, here, there))
        return found

    def told(self, spec: ResourceSpec, name: str) -> str | None:
        """The text that a property has, also by way of another resource; None while it is not known."""
        value = spec.properties.get(name)
        if isinstance(value, Reference):
            output = find_kind(value.address).output(value.output)
            target = self._specs.get(value.address)
            known = output is not None and output.echoes is not None and target is not None
            return self.told(target, output.echoes) if known else None  # type: ignore[arg-type, union-attr]
        return value if isinstance(value, str) and value else None


def _spelling(kind_id: str, name: str, text: str) -> str:
    """``text`` in the one spelling that counts: Azure goes by no case, and regions are written in several ways."""
    item = kind(*kind_id.split(".")).property(name)
    if item is not None and item.normalise is not None:
        text = str(item.normalise(text))
    return text.casefold() if name == "region" or kind_id.startswith("azure.") else text
