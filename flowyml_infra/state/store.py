"""Owns the protocol of a state store: what any backend must offer, and what each write means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from flowyml_infra.address import Address
    from flowyml_infra.audit.event import AuditEvent
    from flowyml_infra.resolution.registered import RegisteredStack
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.resources.values import Json, Sealed, Secret, Value
    from flowyml_infra.state.definitions import StoredDefinition
    from flowyml_infra.state.drift import Acknowledgement, Look
    from flowyml_infra.state.key import DeploymentKey
    from flowyml_infra.state.row import ResourceRow
    from flowyml_infra.state.snapshot import Snapshot

OperationKind = Literal[
    "apply",
    "destroy",
    "refresh",
    "state mv",
    "state rm",
    "state import",
    "state push",
    "state rebuild",
    "state rotate-key",
]
OperationStatus = Literal["running", "succeeded", "partial", "failed", "refused", "interrupted"]


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease: user, host, process id, what for, and since when (UTC, ISO 8601)."""

    who: str
    host: str
    pid: int
    operation: str
    since: str


@dataclass(frozen=True, slots=True)
class Lease:
    """A held lease. ``token`` grows with every acquisition of ``name``; a write with an older one changes nothing."""

    name: str
    token: int
    holder: Holder


@dataclass(frozen=True, slots=True)
class LeaseState:
    """A lease that was taken and not released.

    Attributes:
        name: ``deployment:STACK@ENVIRONMENT`` or ``stack:NAME``.
        token: The fencing token of its holder.
        holder: Who holds it.
        expires_at: UTC, ISO 8601, unless extended before.
        live: Whether it excludes others: neither expired nor held by a process that is known to be gone.
    """

    name: str
    token: int
    holder: Holder
    expires_at: str
    live: bool


@dataclass(frozen=True, slots=True)
class PutRow:
    """Write one row, new or not; ``serial`` and ``updated_at`` are filled in by the store."""

    row: ResourceRow


@dataclass(frozen=True, slots=True)
class DropRow:
    """Remove the row of this address and generation."""

    address: Address
    generation: int


@dataclass(frozen=True, slots=True)
class MoveRow:
    """Give every generation at ``source`` the address ``target``."""

    source: Address
    target: Address


@dataclass(frozen=True, slots=True)
class PutOutputs:
    """Replace all component outputs of the deployment; secrets are sealed."""

    outputs: Mapping[str, dict[str, Value]]


@dataclass(frozen=True, slots=True)
class PutDefinition:
    """Keep a definition, in the place of what is there under its digest."""

    definition: StoredDefinition


Write: TypeAlias = "PutRow | DropRow | MoveRow | PutOutputs | PutDefinition"


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """History: what one operation did at one address."""

    address: Address
    action: str
    status: Literal["started", "succeeded", "failed"]
    seconds: float = 0.0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class OperationStart:
    """What an operation is about to do.

    Attributes:
        kind: Which command.
        lineage: The deployment's lineage; the deployment is made with it when there is none yet.
        serial: The serial that the operation was planned against.
        who: The acting person or service.
        plan_id: Consumed with the start, so that it can start nothing else; None for operations without a plan.
        plan_digest: Digest of the plan.
        definition_digest: Digest of the definition.
        policy_digest: Digest of the policy that approved it.
        definition: What is applied, kept so that there is a way back to it; None where nothing is.
    """

    kind: OperationKind
    lineage: str
    serial: int
    who: str
    plan_id: str | None = None
    plan_digest: str | None = None
    definition_digest: str | None = None
    policy_digest: str | None = None
    definition: Compiled | None = None


@dataclass(frozen=True, slots=True)
class OperationRecord:
    """History: one operation, times in UTC and ISO 8601.

    ``recorded_definition`` is what its definition is kept under; None where none is.
    """

    id: str
    kind: str
    status: OperationStatus
    who: str
    started_at: str
    finished_at: str | None
    serial_before: int
    serial_after: int | None
    plan_digest: str | None
    definition_digest: str | None = None
    recorded_definition: str | None = None
    changes: tuple[ChangeRecord, ...] = field(default_factory=tuple)


class Sealer(Protocol):
    """Encrypts what must not rest in the clear; ``context`` is bound into the ciphertext, so they cannot be swapped."""

    def seal(self, secret: Secret, context: str) -> Sealed:
        """The sealed form; equal clear values get equal digests whatever the context."""

    def unseal(self, sealed: Sealed, context: str) -> Secret:
        """The clear value.

        Raises:
            CorruptStateError: Wrong key, wrong context or damaged ciphertext.
        """

    def digest(self, value: Json) -> str:
        """The keyed digest of ``value``, as in ``Sealed.digest``."""

    def sign(self, message: bytes) -> str:
        """A message authentication code that only this state's key can make, in hexadecimal."""


class StateReader(Protocol):
    """Reading the state; takes no lease and never waits for a writer. Auditing what was read is part of it."""

    def snapshot(self, key: DeploymentKey) -> Snapshot:
        """The deployment as recorded; an empty snapshot when there is none.

        Raises:
            CorruptStateError: A record does not match its digest.
        """

    def fingerprint(self, key: DeploymentKey) -> str | None:
        """``LINEAGE/SERIAL/DIGEST`` of a deployment, after all of it was checked; None when there is none.

        Raises:
            CorruptStateError: A record does not match its digest.
        """

    def deployments(self) -> Sequence[DeploymentKey]:
        """Every deployment ever applied, sorted."""

    def history(self, key: DeploymentKey, *, limit: int | None = 50, changes: bool = True) -> Sequence[OperationRecord]:
        """The latest operations, or all, newest first; with what each did where, unless ``changes`` is false."""

    def definition(self, key: DeploymentKey, digest: str) -> Compiled | None:
        """The definition that is kept under ``digest``, as it was applied, without its document; None when none is.

        Raises:
            CorruptStateError: It is damaged.
            StateError: Another release recorded it in a form of its own, or there is no key to open it.
        """

    def check_definitions(self, key: DeploymentKey) -> Sequence[str]:
        """The digests of all definitions that are kept, after each was checked.

        Raises:
            CorruptStateError: One does not match its digest, or is missing.
        """

    def list_leases(self) -> Sequence[LeaseState]:
        """Every lease that was taken and not released, by name."""

    def append_events(self, events: Sequence[AuditEvent]) -> bool:
        """Append to the audit chain in a transaction of its own; for what changes no state.

        Returns:
            Whether they were recorded: not while there is no state database and this reader makes none.

        Raises:
            AuditError: The chain has no end to append to.
            StateError: The database cannot be written.
        """

    def last_look(self, key: DeploymentKey) -> Look | None:
        """The last look at the world, without what was done something about since; None when nobody looked.

        Raises:
            CorruptStateError: The record does not match its digest.
        """

    def acknowledgements(self, key: DeploymentKey) -> Sequence[Acknowledgement]:
        """The drift of a deployment that was acknowledged, also what has run out, by address.

        Raises:
            CorruptStateError: A record does not match its digest.
        """

    def registered_stack(self, name: str) -> RegisteredStack | None:
        """The registered stack of this name, or None.

        Raises:
            CorruptStateError: A record does not match its digest.
        """

    def registered_stacks(self) -> Sequence[RegisteredStack]:
        """Every registered stack, by name.

        Raises:
            CorruptStateError: A record does not match its digest.
        """


class Operation(Protocol):
    """One running operation of one deployment, under its lease. Each method is one transaction."""

    id: str
    serial: int

    def write(
        self,
        writes: Sequence[Write],
        *,
        history: Sequence[ChangeRecord] = (),
        events: Sequence[AuditEvent] = (),
    ) -> int:
        """Write all or nothing and return the new serial.

        Raises:
            StateConflictError: The lease was lost, or someone else wrote; nothing was written.
        """

    def finish(
        self,
        status: OperationStatus,
        writes: Sequence[Write] = (),
        *,
        events: Sequence[AuditEvent] = (),
    ) -> None:
        """Record how the operation ended, with its last writes."""


class StateStore(StateReader, Protocol):
    """A backend of the state."""

    @property
    def url(self) -> str:
        """Where it is, without credentials."""

    def sealer(self) -> Sealer:
        """The encryption of this state; makes the key on first use."""

    def acquire(self, key: DeploymentKey, operation: str, *, wait_seconds: float = 0.0) -> Lease:
        """Take the lease of a deployment, and keep it alive by a heartbeat until released.

        Raises:
            StateLockedError: Someone else holds it, or the lock of the whole stack; says who and since when.
        """

    def acquire_stack(self, stack: str, operation: str, *, wait_seconds: float = 0.0) -> Lease:
        """Take the lease that covers every deployment of ``stack``; each may then be written under it.

        Raises:
            StateLockedError: Someone holds it, or the lease of one of its deployments.
        """

    def release(self, lease: Lease) -> None:
        """Give the lease back; harmless when it was lost."""

    def alive(self, lease: Lease) -> bool:
        """Whether the lease is still held; asked before each change is started."""

    def break_lease(self, name: str, reason: str, who: str) -> Holder:
        """Take a lease from its holder, whose writes fail from now on; returns who it was. Audited as LeaseBroken.

        Raises:
            StateError: Nobody holds a lease of this name.
        """

    def start(self, key: DeploymentKey, lease: Lease, start: OperationStart, event: AuditEvent) -> Operation:
        """Begin an operation: check lineage and serial, consume the plan, write the operation and the event.

        Raises:
            StalePlanError: The deployment is not what was planned against, or the plan was used before.
            StateConflictError: The lease was lost.
        """

    def record_look(self, key: DeploymentKey, look: Look, seen: AbstractSet[Address] | None, event: AuditEvent) -> None:
        """Keep ``look`` as the last one, in one transaction with ``event``; takes no lease.

        Args:
            key: The deployment; nothing is kept of one that was never applied.
            look: What was found.
            seen: The addresses that were looked at; None for all that are recorded.
            event: What the audit log says of it.
        """

    def acknowledge(self, key: DeploymentKey, item: Acknowledgement, event: AuditEvent) -> None:
        """Record that drift is known, in one transaction with ``event``; takes no lease.

        Raises:
            StateError: There is no such deployment.
        """

    def withdraw(self, key: DeploymentKey, address: Address, event: AuditEvent) -> None:
        """Take an acknowledgement back, in one transaction with ``event``; takes no lease.

        Raises:
            StateError: There is none at this address.
        """

    def register_stack(self, stack: RegisteredStack, *, events: Sequence[AuditEvent] = ()) -> None:
        """Put ``stack`` into the registry, in the place of one of the same name, in one transaction with ``events``."""

    def unregister_stack(self, name: str, *, events: Sequence[AuditEvent] = ()) -> None:
        """Take a stack out of the registry, in one transaction with ``events``; what was applied of it stays.

        Raises:
            StateError: There is none of this name.
        """

    def close(self) -> None:
        """Release connections and files."""
