"""Owns the contracted JSON of a plan; every secret is masked here, before anything can print it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from flowyml_infra.outputs.masking import mask
from flowyml_infra.plan.changes import Create, Delete, Forget, Import, NoOp, Replace, Update
from flowyml_infra.plan.consequences import child_changes
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.resources.values import Sealed, Secret, Unknown, leaves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.plan.changes import Change
    from flowyml_infra.plan.plan import Plan
    from flowyml_infra.resources.values import Json, Value

FORMAT_VERSION = "1"


def plan_document(plan: Plan, policy: Json, cost: Json = None) -> dict[str, Json]:
    """The contracted plan document; ``policy`` is ``Decision.to_json()`` and ``cost`` is its cost."""
    return {
        "format_version": FORMAT_VERSION,
        "deployment": {
            "stack": plan.key.stack,
            "environment": plan.key.environment,
            "lineage": plan.bindings.lineage,
            "serial": plan.bindings.serial,
        },
        "definition": {
            "source": plan.compiled.source,
            "version": plan.compiled.version,
            "digest": plan.compiled.definition_digest,
        },
        "changes": [change_document(change) for change in plan.changes],
        "summary": dict(plan.summary.to_json()),
        "outputs": {component: masked(values)[0] for component, values in sorted(plan.outputs.items())},
        "policy": policy,
        "cost": cost,
    }


def change_document(change: Change) -> dict[str, Json]:
    """The contracted document of one change."""
    before, after = sides(change)
    before_json, before_secret, _ = masked(before)
    after_json, after_secret, unknown = masked(after)
    kind = find_kind(change.address)
    dependencies = change.row.dependencies if isinstance(change, (Delete, Forget)) else change.spec.depends_on
    marked = {item.name for item in kind.properties if item.sensitive and item.name in {**before, **after}}
    return {
        "address": str(change.address),
        "kind": change.address.kind,
        "provider": change.address.provider,
        "action": change.action,
        "before": before_json,
        "after": after_json,
        "after_unknown": list(unknown),
        "sensitive": [*sorted({*before_secret, *after_secret, *marked})],
        "fields": _fields(change),
        "reasons": list(change.reasons),
        "depends_on": [str(item) for item in dependencies],
        "children": _children(change),
        "previous_address": _previous(change),
        "replace_order": change.order if isinstance(change, Replace) else None,
        "targeted": change.targeted,
    }


def sides(change: Change) -> tuple[Mapping[str, Value], Mapping[str, Value]]:
    """The inputs before and after; ``{}`` where there are none."""
    match change:
        case Create() | Import():
            return {}, change.after
        case Update() | Replace():
            return change.before, change.after
        case Delete() | Forget():
            return change.before, {}
        case NoOp():
            properties = change.row.properties
            return properties, properties
        case _:
            assert_never(change)


def masked(values: Mapping[str, Value]) -> tuple[dict[str, Json], tuple[str, ...], tuple[str, ...]]:
    """``values`` as JSON with secrets masked and unknowns null; then the paths of the secrets and of the unknowns."""
    secrets: list[str] = []
    unknowns: list[str] = []
    plain: dict[str, Json] = {}
    for name, value in values.items():
        if value is None or isinstance(value, (str, int, float)):
            # As it is; most values are, and there may be many.
            plain[name] = value
            continue
        for path, leaf in leaves(value, name):
            if isinstance(leaf, (Secret, Sealed)):
                secrets.append(path)
            elif isinstance(leaf, Unknown):
                unknowns.append(path)
        plain[name] = mask(value)
    return plain, tuple(secrets), tuple(unknowns)


def _fields(change: Change) -> list[Json]:
    if not isinstance(change, (Update, Replace)):
        return []
    return [
        {
            "path": item.path,
            "before": mask(item.before),
            "after": mask(item.after),
            "forces_replacement": item.forces_replacement,
        }
        for item in change.fields
    ]


def _children(change: Change) -> list[Json]:
    if find_kind(change.address).children:
        return [
            {
                "name": item.child.name,
                "type": item.child.facts.token,
                "action": item.action,
                "primary": item.child.primary,
                "stateful": item.child.stateful,
            }
            for item in child_changes(change)
        ]
    if isinstance(change, (Create, Import)):
        return []
    return [{"urn": c.urn, "type": c.type, "id": c.id, "status": str(c.status)} for c in change.row.children]


def _previous(change: Change) -> str | None:
    if isinstance(change, (Update, Replace, NoOp)):
        return change.previous_address
    return None
