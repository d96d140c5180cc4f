"""Owns one step under way: what it is carried out with, and storing what it gives."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flowyml_infra.audit.chain import utc_now
from flowyml_infra.errors import PipelineError
from flowyml_infra.runtime.artifacts.artifact import save
from flowyml_infra.runtime.parameters import plain_params

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.values import Json
    from flowyml_infra.runtime.artifacts.artifact import Artifact
    from flowyml_infra.runtime.artifacts.store import ArtifactStore
    from flowyml_infra.runtime.binding import BoundStack
    from flowyml_infra.runtime.context import Context
    from flowyml_infra.runtime.executors.executor import Executor
    from flowyml_infra.runtime.metadata.store import MetadataStore
    from flowyml_infra.runtime.wiring import Node


@dataclass(frozen=True, slots=True)
class Site:
    """Where a step is carried out and where its outputs go."""

    bound: BoundStack
    executor: Executor
    artifacts: ArtifactStore


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run is carried out with.

    Attributes:
        run_id: The run's id.
        params: The context parameters.
        sites: Site by the name of the step.
        metadata: Where the run is recorded, and where earlier results are found.
        cache: Whether earlier results may be used.
    """

    run_id: str
    params: Context
    sites: Mapping[str, Site]
    metadata: MetadataStore
    cache: bool = True


@dataclass(slots=True)
class Performance:
    """One step under way.

    Attributes:
        node: The step in its place.
        site: Where it is carried out.
        inputs: Artifact by parameter.
        params: Context parameter by parameter.
        key: What its results are found by again, or nothing.
        uncacheable: Why there is no key although there should be one.
    """

    node: Node
    site: Site
    inputs: dict[str, Artifact]
    params: dict[str, object]
    key: str = ""
    uncacheable: str | None = None
    began: float = field(default_factory=time.perf_counter)
    began_at: str = field(default_factory=utc_now)
    attempts: int = 0

    @property
    def seconds(self) -> float:
        """Wall time so far."""
        return time.perf_counter() - self.began

    def plain_params(self) -> dict[str, Json]:
        """The parameters as they may be written down."""
        return plain_params(self.params) if self.params else {}

    def resources(self) -> dict[str, Json] | None:
        """What the step asks for, or None."""
        resources = self.node.step.options.resources
        return None if resources is None else resources.to_json()

    def save(self, value: object) -> dict[str, Artifact]:
        """Store what the function gave, by the names of the outputs.

        Raises:
            PipelineError: It is not what the outputs ask for, or cannot be stored.
        """
        found: dict[str, Artifact] = {}
        for name, item in self.node.step.split(value).items():
            try:
                found[name] = save(item, self.site.artifacts)
            except PipelineError as error:
                message = f"the output {name!r} of the step {self.node.name!r}: {error.message}"
                raise PipelineError(message, code=error.code, hint=error.hint) from error
        return found
