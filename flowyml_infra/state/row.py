"""Owns the shape of what is recorded about one resource; storing and reading it is the store's business."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from flowyml_infra.resources.spec import DEFAULT_LIFECYCLE, Lifecycle
from flowyml_infra.resources.values import Json, Value, canonical_json, decode, encode

if TYPE_CHECKING:
    from flowyml_infra.address import Address


class Status(StrEnum):
    """How far a resource is. Everything but ``created`` is an intent whose end was not recorded."""

    CREATING = "creating"
    CREATED = "created"
    UPDATING = "updating"
    DELETING = "deleting"


@dataclass(frozen=True, slots=True)
class Child:
    """A part of a resource that an engine made on its own account.

    Attributes:
        urn: The engine's name for it.
        type: The engine's type token.
        id: The id that the cloud gave, or None while there is none.
        status: As for the resource itself.
    """

    urn: str
    type: str
    id: str | None
    status: Status


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """One recorded resource. JSON columns stay text until asked for, so that reading many rows stays cheap.

    Attributes:
        address: ``provider.kind.name``.
        generation: 1 for the first thing at this address, one more with every replacement.
        status: See :class:`Status`.
        creation_id: UUID of this generation; what can be tagged carries it. Left out of diffs.
        spec_digest: The digest of the spec that was applied last; see ``resources.spec.spec_digest``.
        properties_json: The resolved inputs, encoded (``resources.values.encode``) with secrets sealed. In a row that
            is ``creating`` or ``updating``: the inputs being applied.
        outputs_json: The outputs, encoded, with secrets sealed; ``{}`` until created.
        dependencies_json: JSON list of the addresses it was made after; deletion goes the other way.
        lifecycle_json: ``Lifecycle.to_json``.
        children_json: JSON list of ``[urn, type, id, status]``.
        physical_id: What the provider calls it, or None until created.
        component: The stack component it belongs to, or None.
        serial: The deployment's serial at the row's last write.
        created_at: UTC, ISO 8601, of this generation.
        updated_at: UTC, ISO 8601, of the last write.
    """

    address: Address
    generation: int
    status: Status
    creation_id: str
    spec_digest: str
    properties_json: str = "{}"
    outputs_json: str = "{}"
    dependencies_json: str = "[]"
    lifecycle_json: str = "{}"
    children_json: str = "[]"
    physical_id: str | None = None
    component: str | None = None
    serial: int = 0
    created_at: str = ""
    updated_at: str = ""

    @property
    def properties(self) -> dict[str, Value]:
        """The decoded inputs."""
        return cast("dict[str, Value]", decode(json.loads(self.properties_json)))

    @property
    def outputs(self) -> dict[str, Value]:
        """The decoded outputs."""
        return cast("dict[str, Value]", decode(json.loads(self.outputs_json)))

    @property
    def dependencies(self) -> tuple[Address, ...]:
        """The addresses it was made after."""
        from flowyml_infra.address import Address

        return () if self.dependencies_json == "[]" else tuple(map(Address, json.loads(self.dependencies_json)))

    @property
    def lifecycle(self) -> Lifecycle:
        """How it may change, as last applied."""
        return (
            DEFAULT_LIFECYCLE if self.lifecycle_json == "{}" else Lifecycle.from_json(json.loads(self.lifecycle_json))
        )

    @property
    def children(self) -> tuple[Child, ...]:
        """The parts an engine made."""
        return tuple(
            Child(urn, type_, id_, Status(status)) for urn, type_, id_, status in json.loads(self.children_json)
        )


def encode_values(values: dict[str, Value]) -> str:
    """``values`` as the text that a row's ``properties_json`` and ``outputs_json`` hold."""
    return canonical_json(encode(values))


def encode_json(data: Json) -> str:
    """``data`` as the text that a row's other JSON columns hold."""
    return canonical_json(data)
