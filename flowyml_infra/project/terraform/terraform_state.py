"""Owns the shape of what is kept of a state of Terraform's: what tells each resource apart, and no attribute more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Trouble = Literal["tainted", "deposed", "sensitive", "no_id"]


@dataclass(frozen=True, slots=True)
class TerraformResource:
    """One resource that some kind may stand for.

    Attributes:
        address: What Terraform calls it, for example ``module.store[0].aws_s3_bucket.data["raw"]``.
        type: Its type there.
        kind: ``provider.kind`` of the kind that stands for the same thing; empty where none may.
        id: What the engine would call it, or None where that cannot be told.
        tells: What tells it apart, by the names of the kind's properties.
        trouble: Why it cannot be taken over as it is, or None.
        attribute: The sensitive attribute, where that is the trouble.
    """

    address: str
    type: str
    kind: str
    id: str | None = None
    tells: Mapping[str, str] | None = None
    trouble: Trouble | None = None
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class TerraformSetting:
    """A resource of Terraform's that is a part of something else here, and comes along with it.

    Attributes:
        address: What Terraform calls it.
        kind: The kind of what it belongs to.
        owner: The id of what it belongs to.
    """

    address: str
    kind: str
    owner: str


@dataclass(frozen=True, slots=True)
class TerraformState:
    """A state of Terraform's.

    Attributes:
        name: Where it was read.
        terraform: The release that wrote it, as it says.
        serial: How often it was written, or None where that is not told.
        resources: What may be taken over, in the order of the file.
        settings: What comes along with something else.
        others: By type, how many resources there are that no kind stands for.
        data_sources: How many things it only reads.
    """

    name: str
    terraform: str
    serial: int | None
    resources: tuple[TerraformResource, ...]
    settings: tuple[TerraformSetting, ...]
    others: Mapping[str, int]
    data_sources: int
