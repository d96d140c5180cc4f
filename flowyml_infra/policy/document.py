"""Owns the JSON that Rego policies see: the contracted plan document, and beside it what else is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.address import Address
from flowyml_infra.plan.document import FORMAT_VERSION, masked, plan_document

if TYPE_CHECKING:
    from flowyml_infra.plan.plan import Plan
    from flowyml_infra.policy.subject import PlannedChange, PolicySubject
    from flowyml_infra.resources.values import Json


def subject_document(subject: PolicySubject) -> dict[str, Json]:
    """The plan document of ``subject`` with its ``stack``: labels, image, purpose, who and when; secrets are masked.

    Of what is no plan, such as a run or what stands recorded, it is a document of the same form.
    """
    document = _without_plan(subject) if subject.plan is None else _with_plan(subject.plan, subject)
    facts = subject.image_facts
    labels: Json = None if facts is None or facts.labels is None else dict(facts.labels)
    document["stack"] = {
        "labels": dict(subject.labels),
        "image": subject.image,
        "image_labels": labels,
        "purpose": subject.purpose,
        "actor": subject.facts.actor,
        "now": None if subject.facts.now is None else subject.facts.now.isoformat(),
    }
    return document


def _with_plan(plan: Plan, subject: PolicySubject) -> dict[str, Json]:
    """The plan's own document, with the values that have become known since, and without what the scope hides."""
    document = plan_document(plan, None)
    changes = document["changes"]
    seen = {change.address: change for change in subject.changes if change.chosen}
    kept: list[Json] = []
    for item in changes if isinstance(changes, list) else []:
        known = seen.get(Address(str(item["address"]))) if isinstance(item, dict) else None
        if known is None or not isinstance(item, dict):
            continue
        after, _, unknown = masked(known.after) if item["after_unknown"] else ({}, (), ())
        told: dict[str, Json] = {"after": after, "after_unknown": list(unknown)} if item["after_unknown"] else {}
        kept.append({**item, **told})
    document["changes"] = kept
    return document


def _without_plan(subject: PolicySubject) -> dict[str, Json]:
    changes = [change for change in subject.changes if change.chosen]
    counts: dict[str, Json] = {}
    for change in changes:
        number = counts.get(change.action, 0)
        counts[change.action] = (number if isinstance(number, int) else 0) + 1
    return {
        "format_version": FORMAT_VERSION,
        "deployment": {"stack": subject.stack, "environment": subject.environment, "lineage": None, "serial": None},
        "definition": {"source": None, "version": None, "digest": None},
        "changes": [_change(change) for change in changes],
        "summary": counts,
        "outputs": {},
        "policy": None,
        "cost": None,
    }


def _change(change: PlannedChange) -> Json:
    before, before_secret, _ = masked(change.before)
    after, after_secret, unknown = masked(change.after)
    return {
        "address": change.address,
        "kind": change.address.kind,
        "provider": change.address.provider,
        "action": change.action,
        "before": before,
        "after": after,
        "after_unknown": list(unknown),
        "sensitive": [*sorted({*before_secret, *after_secret})],
        "fields": [],
        "reasons": [],
        "depends_on": [],
        "children": [],
        "previous_address": None,
        "replace_order": None,
        "targeted": False,
    }
