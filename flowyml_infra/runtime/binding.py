"""Owns the port between a run and the stack that it is on: what a bound stack is, and who is asked for one.

The runtime lies below the code that can resolve and read stacks, so it calls upward here and nowhere else: by the
dotted name in :data:`DEFAULT_BINDER`, unless :func:`set_default_binder` gave something else.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from flowyml_infra.errors import EngineUnavailableError
from flowyml_infra.outputs.contracts import StackOutputs
from flowyml_infra.resources.values import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowyml_infra.resolution.resolver import StackArgument
    from flowyml_infra.resources.values import Json

DEFAULT_BINDER: Final = "flowyml_infra.project:bind_stack"
"""``module:function`` of the binder that is used when none was set; imported when the first run asks for it."""


@dataclass(frozen=True, kw_only=True)
class BoundStack:
    """A stack that a run may use: resolved, allowed by the policies, and applied where it has anything to apply.

    Attributes:
        name: The stack's name.
        environment: The environment's name, ``default`` when none was given.
        artifact_store_uri: Where artifacts go: a path, a ``file://`` URI, or a URI as fsspec takes it.
        metadata_store_uri: Where runs are recorded: a URL as SQLAlchemy takes it; SQLite paths are absolute.
        metadata_password: The password of its server, where it is not in the URI; never shown.
        orchestrator: The name of the orchestrator, see ``runtime.orchestrators.catalogue``.
        executor: The name of the executor, see ``runtime.executors.catalogue``.
        outputs: What the stack's components give, secrets in the clear but never shown.
        lineage: The deployment's lineage; None for a stack that needs no apply.
        serial: The deployment's serial when it was read; None for a stack that needs no apply.
        plan_digest: The plan that was applied last, or None.
        output_digest: Digest of the outputs that the run is bound to, or None.
        policy_digest: Digest of the policies that let the run through, or None.
    """

    name: str
    environment: str = "default"
    artifact_store_uri: str
    metadata_store_uri: str
    metadata_password: str | None = field(default=None, repr=False)
    orchestrator: str = "local"
    executor: str = "local"
    outputs: StackOutputs = field(default_factory=lambda: StackOutputs({}))
    lineage: str | None = None
    serial: int | None = None
    plan_digest: str | None = None
    output_digest: str | None = None
    policy_digest: str | None = None

    def secrets(self) -> frozenset[str]:
        """The texts that no record of a run may contain."""
        own = () if self.metadata_password is None else (self.metadata_password,)
        return frozenset((*_secret_texts(self.outputs), *own))


class StackBinder(Protocol):
    """Whoever turns what a pipeline says about its stack into a bound stack."""

    def __call__(
        self,
        stack: StackArgument,
        env: str | None,
        *,
        project_root: str | Path | None = None,
        image: str | None = None,
        force_env: bool = False,
    ) -> BoundStack:
        """Bind ``stack``; None leaves the choice to ``env``, ``FLOWYML_STACK``, the project and the built-in stack.

        Args:
            stack: A name, path or URI, a definition, or an object that has one; None to leave it open.
            env: The environment's name, or None.
            project_root: The project's folder; by default the one around the working directory.
            image: The image that the steps run in, where it is not the stack's own; the policies judge it.
            force_env: Allow a stack that is not the one the environment maps to.

        Raises:
            ResolutionError: They lead nowhere.
            PolicyDeniedError: The policies do not let a run through.
            OutputError: The stack is not applied; the hint is the command that applies it.
        """


_given: list[StackBinder] = []


def set_default_binder(binder: StackBinder | None) -> None:
    """Use ``binder`` for every run of this process from now on; None goes back to :data:`DEFAULT_BINDER`."""
    _given[:] = [] if binder is None else [binder]


def default_binder() -> StackBinder:
    """The binder in force.

    Raises:
        EngineUnavailableError: It cannot be imported.
    """
    if _given:
        return _given[0]
    from importlib import import_module

    module, _, name = DEFAULT_BINDER.partition(":")
    try:
        binder: StackBinder = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise EngineUnavailableError(
            f"stacks cannot be bound: {error}", code="pipeline.binder", hint="reinstall flowyml-infra"
        ) from error
    return binder


def outputs_digest(outputs: StackOutputs) -> str:
    """SHA-256 over ``outputs`` as canonical JSON with secrets masked, in hexadecimal."""
    return hashlib.sha256(canonical_json(dict(outputs.to_json())).encode()).hexdigest()


def _secret_texts(outputs: StackOutputs) -> Iterator[str]:
    clear = outputs.to_json(show_secrets=True)
    for name in outputs:
        values = clear[name]
        for key in outputs[name].hidden:
            yield from _texts(values[key] if isinstance(values, dict) else values)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
