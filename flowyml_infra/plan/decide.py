"""Owns the decision what happens to one address, from its spec and its row; order and selection come later."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from flowyml_infra.plan.changes import Create, Delete, Forget, Import, NoOp, Replace, Update
from flowyml_infra.plan.consequences import cause, losses, renamed, updated_children
from flowyml_infra.plan.diff import diff, is_ignored, overlay
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.state.row import Status

if TYPE_CHECKING:
    from flowyml_infra.address import Address
    from flowyml_infra.plan.changes import Change, Decided, FieldChange
    from flowyml_infra.plan.diff import Digest
    from flowyml_infra.plan.prospect import Prospect
    from flowyml_infra.resources.kind import Kind, ReplaceOrder
    from flowyml_infra.resources.spec import ResourceSpec
    from flowyml_infra.resources.values import Value
    from flowyml_infra.state.row import ResourceRow

INTERRUPTED_CREATE = "an earlier creation was interrupted: it is looked up first, and adopted if it is there"
INTERRUPTED_UPDATE = "an earlier update was interrupted: it is repeated"
INTERRUPTED_DELETE = "an earlier deletion was interrupted: it is finished first"


@dataclass(frozen=True, slots=True)
class Case:
    """One address under consideration.

    Attributes:
        spec: What is wanted.
        row: What is recorded, already under its new address if it moved.
        previous_address: Where it was before a move.
        forced: ``--replace`` names it.
        import_id: What the provider calls the thing that is to be taken over, or None.
    """

    spec: ResourceSpec
    row: ResourceRow | None
    previous_address: Address | None = None
    forced: bool = False
    import_id: str | None = None


def decide(case: Case, prospect: Prospect, digest: Digest) -> Decided:
    """The change for ``case``; values are resolved against what ``prospect`` knows already."""
    spec, row = case.spec, case.row
    if row is None:
        if case.import_id is not None:
            return Import(spec, case.import_id, prospect.wanted(spec), (f"it is there already, as {case.import_id}",))
        return Create(spec, prospect.wanted(spec))
    unchanged = row.spec_digest == spec.digest
    if unchanged and row.status == Status.CREATED and not spec.dynamic and not case.forced:
        return NoOp(spec, row, previous_address=case.previous_address)
    after = prospect.wanted(spec)
    match row.status:
        case Status.CREATING:
            after = overlay(after, row.properties, spec.generated) if spec.generated else after
            return Create(spec, after, (INTERRUPTED_CREATE,), resumes=row)
        case Status.DELETING:
            return _replacement(case, row, after, (), (INTERRUPTED_DELETE,))
        case Status.UPDATING | Status.CREATED:
            return _compare(case, row, after, digest)
        case _:
            assert_never(row.status)


def _compare(case: Case, row: ResourceRow, after: dict[str, Value], digest: Digest) -> Decided:
    spec, kind, before = case.spec, find_kind(case.spec.address), row.properties
    ignored = spec.kept
    fields = diff(before, after, kind, digest, ignored)
    wanted = overlay(after, before, ignored) if ignored else after
    if case.forced or any(item.forces_replacement for item in fields):
        reasons = ("--replace asks for it",) if case.forced else ()
        return _replacement(case, row, wanted, fields, reasons)
    if row.status == Status.UPDATING or fields:
        reasons = (INTERRUPTED_UPDATE,) if row.status == Status.UPDATING else ()
        if kind.children:
            reasons = (*reasons, *losses(updated_children(kind, fields, before, wanted)))
        return Update(spec, row, before, wanted, fields, reasons, case.previous_address)
    return NoOp(spec, row, rewrite=row.spec_digest != spec.digest, previous_address=case.previous_address)


def _replacement(
    case: Case, row: ResourceRow, after: dict[str, Value], fields: tuple[FieldChange, ...], reasons: tuple[str, ...]
) -> Replace:
    kind = find_kind(case.spec.address)
    order, why = _order(case.spec, row, kind, fields)
    causes = tuple(cause(item, kind, row.properties, after) for item in fields if item.forces_replacement)
    if order == "create_first":
        after = renamed(after, case.spec, row.generation + 1)
    return Replace(
        case.spec, row, row.properties, after, fields, order, (*reasons, *causes, *why), case.previous_address
    )


def _order(
    spec: ResourceSpec, row: ResourceRow, kind: Kind, fields: tuple[FieldChange, ...]
) -> tuple[ReplaceOrder, tuple[str, ...]]:
    """The order of a replacement; two things cannot have one name, so what keeps its name is deleted first."""
    wanted: ReplaceOrder = "create_first" if spec.lifecycle.create_before_destroy else kind.replace_order
    if wanted == "create_first" and not may_create_first(spec, row, kind, fields):
        return "delete_first", (f"its {' and '.join(kind.identity)} stays, so the old one has to go first",)
    return wanted, ()


def may_create_first(spec: ResourceSpec, row: ResourceRow, kind: Kind, fields: tuple[FieldChange, ...]) -> bool:
    """Whether old and new can exist side by side: nothing is half deleted, and their names differ or can be made to."""
    if row.status == Status.DELETING:
        return False
    if not kind.identity or not set(kind.identity).isdisjoint(spec.generated):
        return True
    return any(is_ignored(item.path, kind.identity) for item in fields)


def remove(row: ResourceRow, *, deposed: bool = False, destroys: bool | None = None) -> Delete | Forget:
    """The change for a row that no spec wants any more; ``destroys`` is what ``spec.removed`` says about it."""
    if destroys is False and not deposed:
        return Forget(row, row.properties, ("spec.removed says that the thing itself stays",))
    if row.lifecycle.on_destroy == "retain" and not deposed and destroys is None:
        return Forget(row, row.properties, ("on_destroy is retain: the thing itself stays",))
    reasons = ("a replacement left it behind",) if deposed else ()
    if row.status == Status.CREATING:
        reasons = (*reasons, "an earlier creation was interrupted: what it made is looked up and removed")
    if row.status == Status.DELETING and not deposed:
        reasons = (*reasons, "an earlier deletion was interrupted: it is finished")
    return Delete(row, row.properties, reasons, deposed)


def mark_targeted(change: Change) -> Change:
    """``change`` with its ``targeted`` flag set."""
    return replace(change, targeted=True)
