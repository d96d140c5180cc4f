"""Owns the engine protocol: what the executor asks of whatever makes resources; recording the outcome is not in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from flowyml_infra.address import Address
    from flowyml_infra.resources.kind import Kind
    from flowyml_infra.resources.values import Value
    from flowyml_infra.state.key import DeploymentKey
    from flowyml_infra.state.row import Child


@dataclass(frozen=True, slots=True)
class EngineContext:
    """Where an engine works.

    Attributes:
        project_root: Relative paths start here.
        key: The deployment, for names and tags.
        alive: Raises ``StateConflictError`` once the lease is lost; called before anything is touched.
        lineage: The deployment's lineage.
    """

    project_root: Path
    key: DeploymentKey
    alive: Callable[[], None]
    lineage: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """One resource as an engine sees it.

    Attributes:
        address: Its address.
        kind: Its kind.
        creation_id: UUID that marks what was made for this generation.
        properties: Resolved inputs, secrets in the clear.
        physical_id: What was made before, or None.
        children: The parts that were made before, as they are recorded.
    """

    address: Address
    kind: Kind
    creation_id: str
    properties: Mapping[str, Value]
    physical_id: str | None = None
    children: tuple[Child, ...] = ()


@dataclass(frozen=True, slots=True)
class Intent:
    """What a plan is about to do with a resource.

    Attributes:
        action: ``create``, ``update``, ``delete`` or ``import``; a replacement is the creation of its successor.
            ``drop`` forgets what the world does not have any more.
        subject: The resource, with the properties it gets; what is not known yet is unknown.
        resumes: An earlier creation with the same id was begun, and its end is not known.
        strayed: A look at the world found it changed or gone.
    """

    action: Literal["create", "update", "delete", "import", "drop"]
    subject: Subject
    resumes: bool = False
    strayed: bool = False


@dataclass(frozen=True, slots=True)
class PartStep:
    """What an engine would do with one part of a resource.

    Attributes:
        operation: The engine's own word, such as ``create`` or ``create-replacement``.
        type: The part's type.
        name: What the engine calls it.
        changed: The engine's names of what would change.
    """

    operation: str
    type: str
    name: str
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """What exists now: its id, its outputs (secret ones as ``Secret``) and the parts it consists of."""

    physical_id: str
    outputs: Mapping[str, Value]
    children: tuple[Child, ...] = ()


@dataclass(frozen=True, slots=True)
class Stranger:
    """What an engine has on its own record, and no row of ours: its address as far as the engine knows it."""

    address: Address
    creation_id: str


@dataclass(frozen=True, slots=True)
class Accounts:
    """How an engine's own record was brought in line with our rows.

    Attributes:
        restored: What was put back on the engine's record, because it is there.
        missing: What our rows have, and is not there any more.
        strangers: What the engine has on record, and our rows do not.
    """

    restored: tuple[Address, ...] = ()
    missing: tuple[Address, ...] = ()
    strangers: tuple[Stranger, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What is really there: its id, its inputs as they are in the world, and its outputs."""

    physical_id: str
    properties: Mapping[str, Value] = field(default_factory=dict)
    outputs: Mapping[str, Value] = field(default_factory=dict)


class Engine(Protocol):
    """Makes resources. Methods block, may be called from several threads, and are safe to repeat after a crash.

    All but ``locate`` and ``read`` raise ``EngineError`` when the world refuses, with a cause and a cure.
    """

    name: str
    version: str
    resumes: bool
    """Whether asking again for an interrupted creation completes it, and for its deletion removes what there is."""

    def prepare(self, intents: Sequence[Intent], context: EngineContext) -> None:
        """Look at everything that is about to be done, and refuse what will not do; touches nothing.

        Raises:
            ApplyError: Something would be refused, or would do something else than what is planned.
        """

    def preview(self, intents: Sequence[Intent], context: EngineContext) -> Mapping[Address, Sequence[PartStep]]:
        """What it would do, part by part; nothing for an engine whose resources have no parts. Writes nothing.

        Raises:
            ApplyError: As ``prepare``.
        """

    def settle(self, subjects: Sequence[Subject], context: EngineContext, *, forget: bool) -> Accounts:
        """Put back on its own record what the rows behind ``subjects`` have; with ``forget``, drop strangers from it.

        ``subjects`` are all that is recorded of the engine's kinds. The world is looked at, and left as it is.

        Raises:
            EngineError: The world cannot be looked at.
        """

    def close(self) -> None:
        """Finish what is under way, and let go of everything."""

    def create(self, subject: Subject, context: EngineContext) -> Made:
        """Make it, marked with its creation id. Refuses when something else is there under its name."""

    def update(self, subject: Subject, before: Mapping[str, Value], context: EngineContext) -> Made:
        """Change it in place from ``before``; repeating it is harmless."""

    def delete(self, subject: Subject, context: EngineContext) -> None:
        """Remove it; harmless when it is gone."""

    def read(self, subject: Subject, context: EngineContext) -> Reading | None:
        """What is there under ``physical_id``, or None."""

    def locate(self, subject: Subject, context: EngineContext) -> Made | None:
        """What an interrupted ``create`` with this creation id left behind, or None."""
