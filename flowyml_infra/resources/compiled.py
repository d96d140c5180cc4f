"""Owns the compiled definition: all that plan, policy and apply need of a stack, free of pydantic and of YAML.

The JSON form is what the compilation cache and saved plans hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.diagnostics import Diagnostic
    from flowyml_infra.resources.graph import Graph
    from flowyml_infra.resources.values import Json, Value


@dataclass(frozen=True, slots=True)
class Move:
    """A resource that was declared under ``source`` before and is the one at ``target`` now."""

    source: Address
    target: Address


@dataclass(frozen=True, slots=True)
class Adoption:
    """Something that is there already under ``physical_id`` and is to be managed at ``address``."""

    address: Address
    physical_id: str


@dataclass(frozen=True, slots=True)
class Removal:
    """A resource that is no longer declared at ``address``; ``destroys`` says what becomes of the thing itself."""

    address: Address
    destroys: bool


@dataclass(frozen=True, slots=True)
class Compiled:
    """One definition in one environment, expanded.

    Attributes:
        name: The stack's name.
        environment: The environment's name, ``default`` when none was given.
        version: ``metadata.version``, or None.
        labels: ``metadata.labels``.
        provider: The stack's provider.
        image: ``spec.runtime.docker_image``, or None.
        source: Where the definition came from, as the user named it.
        source_digest: SHA-256 of the source's bytes, in hexadecimal.
        definition_digest: SHA-256 of ``document`` as canonical JSON, in hexadecimal.
        document: The definition, interpolated; sensitive variables stay references.
        graph: Its resources.
        outputs: Per component, what a pipeline is bound to, as values that refer to resources' outputs.
        moved: Addresses that changed.
        imports: What is to be taken over.
        removed: What becomes of resources that are no longer declared, where the definition says it.
        protected: The environment protects every resource in it.
        policies: The ``policies`` section that applies, as plain JSON; ``{}`` when there is none.
        warnings: What the loading had to say.
        gaps: What a plan still needs, such as a region; the definition itself is right without it.
        variables: The environment variables that it was made from, None for one that was not set; no secrets.
        secrets: The names of the secret ones that it refers to.
    """

    name: str
    environment: str
    version: str | None
    labels: Mapping[str, str]
    provider: str
    image: str | None
    source: str
    source_digest: str
    definition_digest: str
    document: dict[str, Json]
    graph: Graph
    outputs: Mapping[str, dict[str, Value]] = field(default_factory=dict)
    moved: tuple[Move, ...] = ()
    imports: tuple[Adoption, ...] = ()
    removed: tuple[Removal, ...] = ()
    protected: bool = False
    policies: dict[str, Json] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()
    gaps: tuple[Diagnostic, ...] = ()
    variables: Mapping[str, str | None] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()

    def environ_of_then(self, environ: Mapping[str, str]) -> dict[str, str]:
        """``environ`` with the variables as they were when this was made; of secrets only that they are set."""
        kept = {name: value for name, value in environ.items() if name not in self.variables}
        then = {name: value for name, value in self.variables.items() if value is not None}
        return {**kept, **dict.fromkeys(self.secrets, "(secret)"), **then}
