"""Owns what an apply reports while it runs and when it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.errors import InfraError
    from flowyml_infra.resources.values import Json, Value
    from flowyml_infra.state.key import DeploymentKey

Phase = Literal["started", "done", "failed"]
ApplyOutcome = Literal["succeeded", "partial", "failed", "refused", "interrupted"]


@dataclass(frozen=True, slots=True)
class ApplyEvent:
    """Progress of one change; ``seconds`` is the time since it started, 0 at its start."""

    address: Address
    action: str
    phase: Phase
    seconds: float = 0.0
    error: InfraError | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """A change that was carried out."""

    address: Address
    action: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """A change that the engine or the state refused."""

    address: Address
    action: str
    error: InfraError


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """How an apply ended.

    Attributes:
        key: Stack and environment.
        lineage: Of the deployment.
        serial: Of the deployment afterwards.
        operation_id: In the history; empty when there was nothing to do.
        result: ``succeeded``; ``partial`` when some changes were carried out and some not; ``failed`` when none was;
            ``interrupted`` when the user stopped it.
        applied: What was carried out, in the order it ended.
        failed: What was not, and why.
        not_started: What had to wait for something that failed.
        outputs: The component outputs as recorded; secrets are sealed.
        seconds: Wall time.
    """

    key: DeploymentKey
    lineage: str
    serial: int
    operation_id: str
    result: ApplyOutcome
    applied: tuple[Applied, ...] = ()
    failed: tuple[Failed, ...] = ()
    not_started: tuple[Address, ...] = ()
    outputs: Mapping[str, dict[str, Value]] = field(default_factory=dict)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Json]:
        """The contracted JSON form; secrets are masked."""
        from flowyml_infra.plan.document import FORMAT_VERSION, masked

        return {
            "format_version": FORMAT_VERSION,
            "deployment": {
                "stack": self.key.stack,
                "environment": self.key.environment,
                "lineage": self.lineage,
                "serial": self.serial,
            },
            "operation_id": self.operation_id,
            "result": self.result,
            "applied": [
                {"address": str(item.address), "action": item.action, "seconds": round(item.seconds, 3)}
                for item in self.applied
            ],
            "failed": [
                {"address": str(item.address), "action": item.action, "error": item.error.message}
                for item in self.failed
            ],
            "not_started": [str(item) for item in self.not_started],
            "outputs": {component: masked(values)[0] for component, values in sorted(self.outputs.items())},
        }
