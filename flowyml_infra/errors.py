"""Owns the exceptions that the library raises; it knows neither exit codes nor how an error is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.diagnostics import Diagnostic


class InfraError(Exception):
    """Something that the caller can act on.

    Args:
        message: One sentence: what is wrong.
        code: A stable, dotted identifier, for example ``state.locked``.
        address: The resource concerned, as text.
        hint: What to do about it, as an instruction.
        detail: More lines of explanation, shown below the message.
        diagnostics: The single problems behind this error, where several were found at once.
    """

    default_code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        address: str | None = None,
        hint: str | None = None,
        detail: str | None = None,
        diagnostics: Sequence[Diagnostic] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.address = address
        self.hint = hint
        self.detail = detail
        self.diagnostics = tuple(diagnostics)


class UsageError(InfraError):
    """The caller asked for something that cannot be asked for."""

    default_code = "usage"


class DefinitionError(InfraError):
    """A manifest or flowyml.yaml is wrong; ``diagnostics`` lists every problem with its place."""

    default_code = "definition.invalid"


class ResolutionError(InfraError):
    """A stack, environment or source name leads to nothing, or to more than one thing."""

    default_code = "resolution.not_found"


class SourceUnreachableError(ResolutionError):
    """A remote source did not answer, or not in full; it may later."""

    default_code = "source.unreachable"


class SourceRefusedError(ResolutionError):
    """What a remote source is, or gave, is not accepted: where it is, what it holds, or that it was changed."""

    default_code = "source.refused"


class GraphError(InfraError):
    """The resources of a definition form no graph: a cycle, a dangling reference, a double address."""

    default_code = "graph.invalid"


class StateError(InfraError):
    """The recorded state cannot be read or written as asked."""

    default_code = "state.error"


class StateUnreachableError(StateError):
    """The server that keeps the state is gone; what was being committed when it went may or may not be recorded."""

    default_code = "state.unreachable"


class StateForbiddenError(StateError):
    """The database that keeps the state does not let this user do what was asked."""

    default_code = "state.readonly"


class StateLockedError(StateError):
    """Another process holds the lease of this deployment or stack."""

    default_code = "state.locked"


class StateConflictError(StateError):
    """A write carried an old fencing token or serial: this process no longer holds the lease."""

    default_code = "state.conflict"


class StalePlanError(StateError):
    """A saved plan no longer matches the state, policy or source it was made from, or was used before."""

    default_code = "plan.stale"


class CorruptStateError(StateError):
    """A state record fails its digest or cannot be decoded."""

    default_code = "state.corrupt"


class PlanError(InfraError):
    """No plan can be made: a protected resource would go, or a location is missing."""

    default_code = "plan.refused"


class PolicyDeniedError(InfraError):
    """The policy gate refused; ``diagnostics`` names each rule that did."""

    default_code = "policy.denied"


class ApplyError(InfraError):
    """An apply could not be carried out. ``result`` is the ``ApplyResult`` so far, where there is one."""

    default_code = "apply.failed"

    result: Any = None


class EngineUnavailableError(ApplyError):
    """The engine that a resource needs is not installed or cannot be reached."""

    default_code = "engine.unavailable"


class EngineTamperedError(EngineUnavailableError):
    """What was fetched of an engine is not what its maker published; nothing else is tried."""

    default_code = "engine.tampered"


class EngineError(ApplyError):
    """One operation of an engine failed; the message names the resource and the cause."""

    default_code = "engine.failed"

    untouched = False
    """Whether the engine refused before it touched anything, so that what is recorded still holds."""
    transient = False
    """Whether the world says that the same may work a little later."""


class NoEngineRecordError(EngineError):
    """An engine has no record of a deployment."""

    default_code = "engine.no_record"


class EngineRefusedError(EngineError):
    """An engine refused an operation before it touched anything."""

    default_code = "engine.refused"

    untouched = True


class PartialApplyError(ApplyError):
    """Some changes were applied, others were not; the state says how far it went."""

    default_code = "apply.partial"


class ApplyInterruptedError(ApplyError):
    """The user stopped an apply; what was in flight was finished and recorded, the rest was not started."""

    default_code = "apply.interrupted"


class OutputError(InfraError):
    """An output does not exist, is not known yet, or may not be shown."""

    default_code = "output.missing"


class AuditError(InfraError):
    """The event chain is broken or cannot be written."""

    default_code = "audit.broken"


class PipelineError(InfraError):
    """A pipeline is wired wrongly, or one of its steps failed."""

    default_code = "pipeline.failed"


# The names without the suffix are part of the public contract.
StateLocked = StateLockedError
StateConflict = StateConflictError
StalePlan = StalePlanError
CorruptState = CorruptStateError
PolicyDenied = PolicyDeniedError
EngineUnavailable = EngineUnavailableError
PartialApply = PartialApplyError
