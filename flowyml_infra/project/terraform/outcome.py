"""Owns what is said about each resource of Terraform's: which address it gets, or why it gets none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from flowyml_infra.resources.compiled import Adoption

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.project.terraform.terraform_state import TerraformResource, TerraformSetting, TerraformState
    from flowyml_infra.resources.values import Json

Code = Literal[
    "ambiguous",
    "dependency",
    "deposed",
    "elsewhere",
    "excluded",
    "imported",
    "no_id",
    "not_declared",
    "not_told_apart",
    "recorded",
    "refused",
    "sensitive",
    "tainted",
    "unnamed",
]


@dataclass(frozen=True, slots=True)
class Match:
    """A resource of Terraform's, and the address that it gets."""

    resource: TerraformResource
    address: Address

    @property
    def adoption(self) -> Adoption:
        """The same, as an import."""
        return Adoption(self.address, str(self.resource.id))


@dataclass(frozen=True, slots=True)
class Miss:
    """A resource of Terraform's that is not taken over.

    Attributes:
        resource: The resource.
        code: Why, for programs.
        reason: Why, as a clause.
        hint: What to do, or empty.
        suggestion: What to write under ``spec.resources``, or nothing.
    """

    resource: TerraformResource
    code: Code
    reason: str
    hint: str = ""
    suggestion: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Matching:
    """What becomes of all that Terraform has.

    Attributes:
        state: What Terraform has.
        matches: What is taken over, in the order of the file.
        misses: What is not.
        settings: What comes along with something that is taken over.
    """

    state: TerraformState
    matches: tuple[Match, ...]
    misses: tuple[Miss, ...]
    settings: tuple[tuple[TerraformSetting, Address], ...]

    @property
    def unfinished(self) -> bool:
        """Whether something is left over that could be taken over."""
        return any(miss.code not in ("recorded", "deposed", "excluded") for miss in self.misses)
