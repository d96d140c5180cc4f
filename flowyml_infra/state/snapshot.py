"""Owns the picture of a deployment at one serial; it is read-only and knows no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.resources.values import Value
    from flowyml_infra.state.key import DeploymentKey
    from flowyml_infra.state.row import ResourceRow


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is recorded about a deployment.

    Attributes:
        key: Stack and environment.
        lineage: UUID of the deployment, or None when nothing was ever applied.
        serial: Counts the writes to resources and outputs; 0 when nothing was ever applied.
        rows: The newest generation at each address.
        deposed: Older generations that a replacement left behind and that still have to go.
        outputs: Per component, what pipelines are bound to; secrets are sealed.
        definition_digest: The definition applied last, or None.
        plan_digest: The plan applied last, or None.
    """

    key: DeploymentKey
    lineage: str | None = None
    serial: int = 0
    rows: Mapping[Address, ResourceRow] = field(default_factory=dict)
    deposed: tuple[ResourceRow, ...] = ()
    outputs: Mapping[str, dict[str, Value]] = field(default_factory=dict)
    definition_digest: str | None = None
    plan_digest: str | None = None

    @property
    def exists(self) -> bool:
        """Whether anything was ever applied."""
        return self.lineage is not None
