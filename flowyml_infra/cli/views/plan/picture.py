"""Owns what is shown of a plan, free of engine and state: secrets are masked before anything gets here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from flowyml_infra.cli.views.values import SECRET, UNKNOWN, flatten
from flowyml_infra.plan.changes import NoOp
from flowyml_infra.plan.document import change_document, masked
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.resources.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.apply.engine import PartStep
    from flowyml_infra.diagnostics import Diagnostic
    from flowyml_infra.plan.plan import Plan
    from flowyml_infra.policy.decision import Decision
    from flowyml_infra.resources.values import Json, Value


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One property that is set, changed or dropped; ``None`` on a side means that there is none.

    Attributes:
        unknown: What it becomes only the apply can tell.
        forces: It is why the resource is replaced.
    """

    path: str
    before: Json
    after: Json
    unknown: bool = False
    forces: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One change.

    Attributes:
        address: Where.
        action: Which.
        create_first: For a replacement: the new one is made before the old one goes.
        fields: What to show of its properties.
        unchanged: How many properties stay as they are.
        reasons: Why, one clause each.
        previous_address: Where it was before.
        data: What becomes of the data that it keeps, where the change is about them.
        steps: What the engine would do with its parts, where it was asked.
    """

    address: str
    action: str
    create_first: bool = False
    fields: tuple[FieldLine, ...] = ()
    unchanged: int = 0
    reasons: tuple[str, ...] = ()
    previous_address: str | None = None
    data: str = ""
    steps: tuple[PartStep, ...] = ()


@dataclass(frozen=True, slots=True)
class FindingLine:
    """What one policy rule says."""

    rule: str
    severity: str
    message: str
    address: str | None = None
    waived_by: str | None = None
    hint: str = ""
    deferred: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A plan as it is shown.

    Attributes:
        deployment: ``stack@environment``.
        serial: The deployment's serial when the plan was made.
        source: Where the definition came from.
        blocks: The changes, in order, without those that do nothing.
        counts: Number of changes by action.
        decision: ``allow``, ``deny`` or ``pending``.
        findings: What the policies say.
        outputs: The component outputs that change.
        warnings: What came up on the way.
        partial: Targets or excludes left something out.
        destroy: The plan removes everything.
        governed: There are policies.
        records: How many records are only brought up to date, with nothing changed in the world.
    """

    deployment: str
    serial: int
    source: str
    blocks: tuple[Block, ...]
    counts: Mapping[str, int]
    decision: str
    findings: tuple[FindingLine, ...] = ()
    outputs: tuple[FieldLine, ...] = ()
    warnings: tuple[Diagnostic, ...] = field(default_factory=tuple)
    partial: bool = False
    destroy: bool = False
    governed: bool = False
    records: int = 0

    @property
    def moved(self) -> int:
        """How many resources only change their address."""
        return sum(block.action == "noop" for block in self.blocks)

    @property
    def verdict(self) -> str:
        """``allow``, ``deny``, ``pending``, or ``deferred`` when only the apply itself can tell."""
        open_ = [item for item in self.findings if item.severity == "pending" and item.waived_by is None]
        return "deferred" if self.decision == "pending" and all(item.deferred for item in open_) else self.decision

    @property
    def empty(self) -> bool:
        """Whether neither the world, nor an address, nor an output would change."""
        return not self.blocks and not self.outputs


def picture_of_plan(
    plan: Plan, decision: Decision, preview: Mapping[Address, Sequence[PartStep]] | None = None
) -> Picture:
    """The picture of a plan that was just made; changes that do nothing are not even looked at.

    Args:
        plan: The plan.
        decision: What the policies say.
        preview: What the engines would do with the parts of each resource, where they were asked.
    """
    steps = preview or {}
    shown = [change for change in plan.changes if not isinstance(change, NoOp) or change.previous_address]
    return Picture(
        deployment=str(plan.key),
        serial=plan.bindings.serial,
        source=plan.compiled.source,
        blocks=tuple(
            replace(block_of(change_document(change)), steps=tuple(steps.get(change.address, ()))) for change in shown
        ),
        counts=plan.summary.to_json(),
        decision=decision.outcome,
        findings=tuple(_finding(finding.to_json()) for finding in decision.findings),
        outputs=tuple(_output_lines(plan.recorded_outputs, plan.outputs)),
        warnings=plan.diagnostics,
        partial=bool(plan.options.targets or plan.options.excludes),
        destroy=plan.options.destroy,
        governed=bool(plan.compiled.policies),
        records=sum(isinstance(change, NoOp) and change.rewrite for change in plan.changes)
        + len(plan.refreshed.gone)
        + len(plan.refreshed.changed),
    )


def picture_of_document(document: Mapping[str, Any]) -> Picture:
    """The picture of a contracted plan document, as a saved plan holds it."""
    deployment, policy = document["deployment"], document["policy"]
    changes = [item for item in document["changes"] if item["action"] != "noop" or item["previous_address"]]
    return Picture(
        deployment=f"{deployment['stack']}@{deployment['environment']}",
        serial=deployment["serial"],
        source=document["definition"]["source"],
        blocks=tuple(block_of(item) for item in changes),
        counts=document["summary"],
        decision=policy["decision"],
        findings=tuple(_finding(item) for item in policy["findings"]),
        partial=any(item["targeted"] for item in document["changes"]),
    )


def block_of(change: Mapping[str, Any]) -> Block:
    """The block of one change, from its contracted document."""
    action = change["action"]
    replaced = action in ("update", "replace")
    fields = _changed(change) if replaced else _listed(change)
    return Block(
        address=change["address"],
        action=action,
        create_first=change["replace_order"] == "create_first",
        fields=tuple(fields),
        unchanged=_unchanged(change) if replaced else 0,
        reasons=tuple(change["reasons"]),
        previous_address=change["previous_address"],
        data=_data(change),
    )


def _data(change: Mapping[str, Any]) -> str:
    """What becomes of the data in what is deleted or replaced; where force_destroy is off, it stays with its data."""
    kind = find_kind(_address(change["address"]))
    if change["action"] not in ("delete", "replace") or not kind.stateful:
        return ""
    # The definition may have set it since.
    asks = kind.property("force_destroy") is not None and change["before"].get("force_destroy") is not True
    return "it keeps data, and the data goes with it" + (", if force_destroy is set" if asks else "")


def _address(text: str) -> Address:
    from flowyml_infra.address import Address

    return Address(text)


def _changed(change: Mapping[str, Any]) -> list[FieldLine]:
    unknown = frozenset(change["after_unknown"])
    return [
        FieldLine(
            item["path"],
            item["before"],
            _told(item["path"], item["after"], unknown),
            item["path"] in unknown,
            item["forces_replacement"],
        )
        for item in change["fields"]
    ]


def _told(path: str, value: Json, unknown: Collection[str]) -> Json:
    """``value``, and inside a list what only the apply can tell."""
    if not isinstance(value, list):
        return value
    return [UNKNOWN if f"{path}[{index}]" in unknown else item for index, item in enumerate(value)]


def _unchanged(change: Mapping[str, Any]) -> int:
    before = _telling(change["before"], change["address"])
    paths = {path for path, value in flatten(before, "") if value not in (None, {}, [])}
    return len(paths.difference(item["path"] for item in change["fields"]))


def _listed(change: Mapping[str, Any]) -> list[FieldLine]:
    """Everything a creation sets or a deletion takes away, in the kind's order, without what is empty."""
    if change["action"] == "noop":
        return []
    removed = change["action"] in ("delete", "forget")
    unknown = frozenset(change["after_unknown"])
    lines = []
    for path, value in flatten(_telling(change["before"] if removed else change["after"], change["address"]), ""):
        if path in unknown:
            lines.append(FieldLine(path, None, None, unknown=True))
        elif value not in (None, {}, []):
            told = _told(path, value, unknown)
            lines.append(FieldLine(path, told if removed else None, None if removed else told))
    return lines


def _telling(values: Mapping[str, Any], address: str) -> dict[str, Any]:
    """``values`` in the kind's order, without instructions that are left at their default."""
    properties = find_kind(_address(address)).properties
    silent = {item.name for item in properties if not item.stored and values.get(item.name) == item.default}
    known = {item.name: values[item.name] for item in properties if item.name in values}
    return {name: value for name, value in {**known, **values}.items() if name not in silent}


def _finding(item: Mapping[str, Any]) -> FindingLine:
    hint, deferred = item.get("hint", ""), item.get("deferred", False)
    return FindingLine(
        item["rule"], item["severity"], item["message"], item["address"], item["waived_by"], hint, deferred
    )


def _output_lines(
    recorded: Mapping[str, dict[str, Value]], planned: Mapping[str, dict[str, Value]]
) -> Iterator[FieldLine]:
    """The outputs that change; that a secret does can only be seen before it is masked."""
    for component in sorted({*recorded, *planned}):
        before, after = recorded.get(component, {}), planned.get(component, {})
        for name in sorted({*before, *after}):
            old, new = before.get(name), after.get(name)
            if old != new or isinstance(new, Unknown):
                yield from _changed_output(f"{component}.{name}", old, new)


def _changed_output(path: str, old: Value, new: Value) -> Iterator[FieldLine]:
    before = dict(flatten(masked({"": old})[0][""], path))
    plain, _, unknown = masked({path: new})
    after = {item: _told(item, value, unknown) for item, value in flatten(plain[path], path)}
    for item in sorted({*before, *after}):
        if before.get(item) != after.get(item) or SECRET in (before.get(item), after.get(item)) or item in unknown:
            yield FieldLine(item, before.get(item), after.get(item), item in unknown)
