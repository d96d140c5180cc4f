"""Owns what a look at the world found, field by field, and the digest that tells one drift from another."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.plan.refreshed import Refreshed
from flowyml_infra.resources.values import Sealed, Secret, Unknown, canonical_json, encode, transform

if TYPE_CHECKING:
    from flowyml_infra.address import Address
    from flowyml_infra.errors import InfraError
    from flowyml_infra.plan.changes import FieldChange
    from flowyml_infra.plan.diff import Digest
    from flowyml_infra.resources.values import Json, Leaf, Value
    from flowyml_infra.state.drift import Condition
    from flowyml_infra.state.row import ResourceRow


@dataclass(frozen=True, slots=True)
class Drifted:
    """Something that is not as it is recorded.

    Attributes:
        row: As it is recorded.
        seen: As it would be recorded after the look; None when it is gone.
        fields: What differs, and an apply would set back.
        left: What differs in places that ``ignore_changes`` leaves alone.
        digest: Tells this drift from every other at this address; empty where only ``left`` differs.
    """

    row: ResourceRow
    seen: ResourceRow | None
    fields: tuple[FieldChange, ...] = ()
    left: tuple[FieldChange, ...] = ()
    digest: str = ""

    @property
    def address(self) -> Address:
        """Where."""
        return self.row.address

    @property
    def condition(self) -> Condition:
        """How it differs."""
        return "gone" if self.seen is None else "changed"

    @property
    def counts(self) -> bool:
        """Whether it is drift; what ``ignore_changes`` leaves alone is none."""
        return self.seen is None or bool(self.fields)


@dataclass(frozen=True, slots=True)
class Unread:
    """Something about which nothing is known, because it could not be read.

    Attributes:
        address: Where.
        error: Why.
        open: An apply was interrupted there, and the next one finishes what it began.
    """

    address: Address
    error: InfraError
    open: bool = False


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a look at the world found.

    Attributes:
        looked: How many resources were to be read.
        drifted: What differs, in the order of the addresses.
        unread: What could not be read.
    """

    looked: int = 0
    drifted: tuple[Drifted, ...] = ()
    unread: tuple[Unread, ...] = ()

    @property
    def refreshed(self) -> Refreshed:
        """What would be recorded after it."""
        return Refreshed(
            tuple(item.row for item in self.drifted if item.seen is None),
            tuple(item.seen for item in self.drifted if item.seen is not None),
        )


def drift_digest(row: ResourceRow, fields: tuple[FieldChange, ...], digest: Digest) -> str:
    """SHA-256, in hexadecimal, over what drifted from what; without ``fields``, over its being gone.

    Args:
        row: What is recorded; another thing at the same address drifts anew.
        fields: What differs.
        digest: The keyed digest that stands for secrets.
    """
    told: Json = [[item.path, _told(item.before, digest), _told(item.after, digest)] for item in fields]
    data: Json = [str(row.address), row.creation_id, told]
    return hashlib.sha256(canonical_json(data).encode("utf-8", "surrogatepass")).hexdigest()


def _told(value: Value, digest: Digest) -> Json:
    def change(_path: str, leaf: Leaf) -> Value:
        if isinstance(leaf, Sealed):
            return {"secret": leaf.digest}
        if isinstance(leaf, Secret):
            return {"secret": digest(leaf.value)}
        return {"unknown": True} if isinstance(leaf, Unknown) else leaf

    return encode(transform(value, change))
