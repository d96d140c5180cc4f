"""Owns the plan: the changes in order and everything they are bound to; making and saving one happen elsewhere."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flowyml_infra.plan.changes import NoOp, Summary
from flowyml_infra.plan.refreshed import Refreshed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.diagnostics import Diagnostic
    from flowyml_infra.plan.changes import Change
    from flowyml_infra.resources.compiled import Compiled, Move
    from flowyml_infra.resources.values import Sealed, Value
    from flowyml_infra.state.key import DeploymentKey


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the caller asked for beside the definition.

    Attributes:
        targets: Only these addresses and what they depend on.
        excludes: All but these addresses and what depends on them.
        replace: Addresses to replace although nothing about them changed.
        destroy: Plan the deletion of everything.
        refresh: The world was read before the comparison.
    """

    targets: tuple[Address, ...] = ()
    excludes: tuple[Address, ...] = ()
    replace: tuple[Address, ...] = ()
    destroy: bool = False
    refresh: bool = False


@dataclass(frozen=True, slots=True)
class Bindings:
    """What must still hold when the plan is applied.

    Attributes:
        lineage: Of the deployment; for one that does not exist yet, the one it will get.
        serial: Of the deployment when the plan was made.
        definition_digest: Of the resolved definition.
        source_digest: Of the bytes of the definition's source.
        policy_digest: Of the policies that judged it.
        engines: Version by engine name.
    """

    lineage: str
    serial: int
    definition_digest: str
    source_digest: str
    policy_digest: str
    engines: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes that make a deployment what its definition says.

    Attributes:
        id: UUID; consumed when the plan is applied.
        key: Stack and environment.
        compiled: The definition, expanded.
        options: What was asked for.
        bindings: What must still hold at apply.
        changes: Deletions after what depends on them, everything else after what it depends on.
        outputs: The component outputs as they will be, with unknowns.
        recorded_outputs: The component outputs as they are.
        moves: Recorded resources that get a new address, from their recorded one.
        refreshed: What ``--refresh`` found to be different from the recorded state.
        variables: The sensitive variables the plan was made with, by name, sealed.
        digest: SHA-256, in hexadecimal, over the bindings, the options and every change that is not a no-op.
        diagnostics: Warnings that came up on the way.
    """

    id: str
    key: DeploymentKey
    compiled: Compiled
    options: PlanOptions
    bindings: Bindings
    changes: tuple[Change, ...]
    outputs: Mapping[str, dict[str, Value]] = field(default_factory=dict)
    recorded_outputs: Mapping[str, dict[str, Value]] = field(default_factory=dict)
    moves: tuple[Move, ...] = ()
    refreshed: Refreshed = field(default_factory=Refreshed)
    variables: Mapping[str, Sealed] = field(default_factory=dict)
    digest: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def summary(self) -> Summary:
        """The number of changes by action."""
        return Summary(Counter(change.action for change in self.changes))

    @property
    def empty(self) -> bool:
        """Whether applying it would change neither the world, nor an address, nor an output."""
        return self.summary.empty and not self.moves and self.outputs == self.recorded_outputs

    @property
    def has_writes(self) -> bool:
        """Whether applying it has anything to record, which may be no more than an edited lifecycle."""
        rewrites = any(isinstance(change, NoOp) and change.rewrite for change in self.changes)
        return not self.empty or rewrites or bool(self.refreshed)
