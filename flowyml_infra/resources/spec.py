"""Owns the resource specification: what should exist at an address, and when two of them are the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from flowyml_infra.resources.values import Json, Value, canonical_json, encode

if TYPE_CHECKING:
    from flowyml_infra.address import Address
    from flowyml_infra.diagnostics import Location

OnDestroy = Literal["delete", "retain"]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """How a resource may change.

    Attributes:
        protect: A plan that would delete or replace it is refused.
        on_destroy: ``retain`` forgets it in the state and leaves the thing itself alone.
        ignore_changes: Property paths whose differences are not planned.
        create_before_destroy: A replacement is made before its predecessor goes.
    """

    protect: bool = False
    on_destroy: OnDestroy = "delete"
    ignore_changes: tuple[str, ...] = ()
    create_before_destroy: bool = False

    def to_json(self) -> dict[str, Json]:
        """The JSON form, without what is at its default."""
        data: dict[str, Json] = {}
        if self.protect:
            data["protect"] = True
        if self.on_destroy != "delete":
            data["on_destroy"] = self.on_destroy
        if self.ignore_changes:
            data["ignore_changes"] = list(self.ignore_changes)
        if self.create_before_destroy:
            data["create_before_destroy"] = True
        return data

    @classmethod
    def from_json(cls, data: dict[str, Json]) -> Lifecycle:
        """The inverse of :meth:`to_json`."""
        if not data:
            return DEFAULT_LIFECYCLE
        ignored = data.get("ignore_changes", [])
        return cls(
            protect=bool(data.get("protect", False)),
            on_destroy="retain" if data.get("on_destroy") == "retain" else "delete",
            ignore_changes=tuple(str(item) for item in ignored) if isinstance(ignored, list) else (),
            create_before_destroy=bool(data.get("create_before_destroy", False)),
        )


DEFAULT_LIFECYCLE = Lifecycle()


@dataclass(frozen=True, slots=True)
class ResourceSpec:
    """What should exist at one address.

    Attributes:
        address: ``provider.kind.name``.
        properties: Every property of the kind, defaults filled in, in the units the kind documents.
        depends_on: Addresses that must exist first: those written down and those that references imply, sorted.
        lifecycle: How it may change.
        component: The stack component it belongs to, or None for one under ``spec.resources``.
        location: Where the manifest declares it.
        digest: Equal for specs that ask for the same; see :func:`spec_digest`.
        dynamic: Whether a property holds a reference, a variable or a template, so its value may change with
            nothing edited.
        generated: The properties whose value was made up; once recorded, they stay as they are.
    """

    address: Address
    properties: dict[str, Value]
    depends_on: tuple[Address, ...] = ()
    lifecycle: Lifecycle = DEFAULT_LIFECYCLE
    component: str | None = None
    location: Location | None = field(default=None, compare=False)
    digest: str = field(default="", compare=False)
    dynamic: bool = field(default=False, compare=False)
    generated: tuple[str, ...] = field(default=(), compare=False)

    @property
    def kept(self) -> tuple[str, ...]:
        """The paths at which what is recorded counts, whatever is asked for."""
        return (*self.lifecycle.ignore_changes, *self.generated) if self.generated else self.lifecycle.ignore_changes


def spec_digest(properties: dict[str, Value], depends_on: tuple[Address, ...], lifecycle: Lifecycle) -> str:
    """The digest of what a spec asks for: 32 hexadecimal digits of SHA-256 over canonical JSON."""
    data: Json = [encode(properties), [str(item) for item in depends_on], lifecycle.to_json()]
    return hashlib.sha256(canonical_json(data).encode()).hexdigest()[:32]
