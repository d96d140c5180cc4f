"""Owns the change union: what can be about to happen at one address. Deciding which it is belongs to the diff."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.resources.kind import ReplaceOrder
    from flowyml_infra.resources.spec import ResourceSpec
    from flowyml_infra.resources.values import Value
    from flowyml_infra.state.row import ResourceRow

Action = Literal["create", "update", "replace", "delete", "forget", "import", "noop"]
ACTIONS: tuple[Action, ...] = ("create", "update", "replace", "delete", "forget", "import", "noop")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One property that differs. A missing side is None; a secret side is a ``Sealed`` or ``Secret`` value."""

    path: str
    before: Value
    after: Value
    forces_replacement: bool = False


@dataclass(frozen=True, slots=True)
class Create:
    """Make it. ``resumes`` is the row of an interrupted creation, which is looked up before anything is made."""

    spec: ResourceSpec
    after: Mapping[str, Value]
    reasons: tuple[str, ...] = ()
    resumes: ResourceRow | None = None
    targeted: bool = False
    action: Literal["create"] = "create"

    @property
    def address(self) -> Address:
        """Where."""
        return self.spec.address


@dataclass(frozen=True, slots=True)
class Update:
    """Change it in place."""

    spec: ResourceSpec
    row: ResourceRow
    before: Mapping[str, Value]
    after: Mapping[str, Value]
    fields: tuple[FieldChange, ...]
    reasons: tuple[str, ...] = ()
    previous_address: Address | None = None
    targeted: bool = False
    action: Literal["update"] = "update"

    @property
    def address(self) -> Address:
        """Where."""
        return self.spec.address


@dataclass(frozen=True, slots=True)
class Replace:
    """Make a new one and delete the old one, in ``order``."""

    spec: ResourceSpec
    row: ResourceRow
    before: Mapping[str, Value]
    after: Mapping[str, Value]
    fields: tuple[FieldChange, ...]
    order: ReplaceOrder
    reasons: tuple[str, ...] = ()
    previous_address: Address | None = None
    targeted: bool = False
    action: Literal["replace"] = "replace"

    @property
    def address(self) -> Address:
        """Where."""
        return self.spec.address


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete what ``row`` records; with ``deposed``, an older generation that a replacement left behind."""

    row: ResourceRow
    before: Mapping[str, Value]
    reasons: tuple[str, ...] = ()
    deposed: bool = False
    targeted: bool = False
    action: Literal["delete"] = "delete"

    @property
    def address(self) -> Address:
        """Where."""
        return self.row.address


@dataclass(frozen=True, slots=True)
class Forget:
    """Drop the row and leave the thing alone."""

    row: ResourceRow
    before: Mapping[str, Value]
    reasons: tuple[str, ...] = ()
    targeted: bool = False
    action: Literal["forget"] = "forget"

    @property
    def address(self) -> Address:
        """Where."""
        return self.row.address


@dataclass(frozen=True, slots=True)
class Import:
    """Take over what exists under ``physical_id``."""

    spec: ResourceSpec
    physical_id: str
    after: Mapping[str, Value]
    reasons: tuple[str, ...] = ()
    targeted: bool = False
    action: Literal["import"] = "import"

    @property
    def address(self) -> Address:
        """Where."""
        return self.spec.address


@dataclass(frozen=True, slots=True)
class NoOp:
    """Nothing to do in the world. ``rewrite`` is set when the row itself must be brought up to date."""

    spec: ResourceSpec
    row: ResourceRow
    reasons: tuple[str, ...] = ()
    rewrite: bool = False
    previous_address: Address | None = None
    targeted: bool = False
    action: Literal["noop"] = "noop"

    @property
    def address(self) -> Address:
        """Where."""
        return self.spec.address


Decided: TypeAlias = "Create | Update | Replace | Import | NoOp"
"""What can be about to happen to something that is declared."""

Change: TypeAlias = "Decided | Delete | Forget"


@dataclass(frozen=True, slots=True)
class Summary:
    """How many changes of each action."""

    counts: Mapping[Action, int] = field(default_factory=dict)

    def __getitem__(self, action: Action) -> int:
        return self.counts.get(action, 0)

    @property
    def empty(self) -> bool:
        """Whether nothing but no-ops is planned."""
        return not any(count for action, count in self.counts.items() if action != "noop")

    def to_json(self) -> dict[str, int]:
        """The contracted JSON form: every action with its count."""
        return {action: self[action] for action in ACTIONS}
