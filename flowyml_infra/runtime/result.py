"""Owns what a run gives back: how each step ended, and its outputs, which are loaded when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self

from flowyml_infra.diagnostics import Diagnostic, did_you_mean
from flowyml_infra.errors import PipelineError
from flowyml_infra.runtime.artifacts.artifact import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowyml_infra.resources.values import Json
    from flowyml_infra.runtime.artifacts.artifact import Artifact
    from flowyml_infra.runtime.artifacts.store import ArtifactStore
    from flowyml_infra.runtime.binding import BoundStack
    from flowyml_infra.runtime.metadata.records import StepStatus


class Outputs(Mapping[str, object]):
    """Values by name. Each look-up reads the artifact again, so changing a value changes nothing here.

    Args:
        artifacts: The artifacts by name.
        stores: Gives the store of a URI.
    """

    def __init__(self, artifacts: Mapping[str, Artifact], stores: Callable[[str], ArtifactStore]) -> None:
        self._artifacts = artifacts
        self._stores = stores

    def __getitem__(self, name: str) -> object:
        artifact = self.artifact(name)
        return load(artifact, self._stores(artifact.store))

    def __contains__(self, name: object) -> bool:
        return name in self._artifacts

    def __iter__(self) -> Iterator[str]:
        return iter(self._artifacts)

    def __len__(self) -> int:
        return len(self._artifacts)

    def __repr__(self) -> str:
        return f"Outputs({', '.join(self._artifacts)})"

    def artifact(self, name: str) -> Artifact:
        """Where the value is kept, without loading it.

        Raises:
            KeyError: There is no output of this name.
        """
        if name not in self._artifacts:
            hint = did_you_mean(name, self._artifacts) or f"there is {', '.join(self._artifacts) or 'none'}"
            raise KeyError(f"no output {name!r}; {hint}")
        return self._artifacts[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """How one step ended.

    Attributes:
        name: The step's name.
        status: ``succeeded`` also when the outputs are those of an earlier run.
        outputs: Its outputs by name.
        cached: The function was not called: its outputs are those of an earlier run.
        seconds: Wall time, with loading and storing.
        attempts: How often the function was called.
        error: What went wrong, as text without secrets, or None.
        exception: What the function raised, or None. One that has a secret in its text is not kept as it is.
        metrics: The last value of each metric; of a cached step, those of the earlier run.
        uncacheable: Why its results cannot be used again although they should be, or None.
    """

    name: str
    status: StepStatus
    outputs: Outputs
    cached: bool = False
    seconds: float = 0.0
    attempts: int = 0
    error: str | None = None
    exception: BaseException | None = field(default=None, repr=False)
    metrics: Mapping[str, float] = field(default_factory=dict)
    uncacheable: str | None = None

    def to_json(self) -> dict[str, Json]:
        """The result as plain JSON, with the artifacts in place of the values."""
        artifacts: dict[str, Json] = {}
        for name in self.outputs:
            found = self.outputs.artifact(name)
            artifacts[name] = {"uri": found.uri, "size": found.size, "type": found.type}
        return {
            "name": self.name,
            "status": self.status,
            "cached": self.cached,
            "attempts": self.attempts,
            "seconds": round(self.seconds, 6),
            "error": self.error,
            "metrics": dict(self.metrics),
            "outputs": artifacts,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineResult:
    """How a run ended.

    Attributes:
        run_id: The run's id in the metadata store.
        pipeline: The pipeline's name.
        stack: The stack that the run was bound to.
        steps: Every step by name, in an order in which they could run.
        outputs: Every output of every step that succeeded.
        seconds: Wall time of the whole run.
    """

    run_id: str
    pipeline: str
    stack: BoundStack
    steps: Mapping[str, StepResult]
    outputs: Outputs
    seconds: float

    @property
    def success(self) -> bool:
        """Whether every step succeeded."""
        return all(step.status == "succeeded" for step in self.steps.values())

    @property
    def status(self) -> Literal["succeeded", "failed"]:
        """As the run is recorded."""
        return "succeeded" if self.success else "failed"

    def raise_for_status(self) -> Self:
        """Do nothing if the run succeeded.

        Raises:
            PipelineError: A step failed; one diagnostic for each that did.
        """
        failed = [step for step in self.steps.values() if step.status == "failed"]
        if self.success:
            return self
        skipped = sum(step.status == "skipped" for step in self.steps.values())
        names = ", ".join(repr(step.name) for step in failed)
        raise PipelineError(
            f"the run {self.run_id} of {self.pipeline!r} failed in {names}"
            + (f"; {skipped} skipped" if skipped else ""),
            hint=f"`flowyml-infra runs show {self.run_id}` has the details",
            diagnostics=[Diagnostic("error", "pipeline.step_failed", f"{step.name}: {step.error}") for step in failed],
        ) from next((step.exception for step in failed if step.exception is not None), None)

    def to_json(self) -> dict[str, Json]:
        """The result as plain JSON, with the artifacts in place of the values."""
        stack = self.stack
        return {
            "run_id": self.run_id,
            "pipeline": self.pipeline,
            "status": self.status,
            "seconds": round(self.seconds, 6),
            "stack": {"name": stack.name, "environment": stack.environment, "serial": stack.serial},
            "steps": [step.to_json() for step in self.steps.values()],
        }
