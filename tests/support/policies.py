"""Short ways to a subject and to what policies say about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flowyml_infra.address import Address
from flowyml_infra.policy.decision import Decision, Finding
from flowyml_infra.policy.engine import evaluate
from flowyml_infra.policy.facts import Facts, ImageFacts
from flowyml_infra.policy.gate import Gate
from flowyml_infra.policy.loading import load_policies
from flowyml_infra.policy.policy_set import PolicySet
from flowyml_infra.policy.subject import PlannedChange, PolicySubject
from flowyml_infra.resources.catalogue import find_kind

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
"""A Wednesday."""


def gate(policies: dict[str, Any]) -> Gate:
    return Gate(load_policies(policies))


def digest(policies: dict[str, Any]) -> str:
    return load_policies(policies).digest


def change(
    address: str, action: str = "create", *, before: dict[str, Any] | None = None, **after: Any
) -> PlannedChange:
    """A change with every default of its kind, but for ``after``."""
    place = Address.parse(address)
    defaults = {item.name: item.default for item in find_kind(place).properties}
    values = {} if action in ("delete", "forget") else {**defaults, **after}
    return PlannedChange(place, action, values, before or {})  # type: ignore[arg-type]


def subject(*changes: PlannedChange, **fields: Any) -> PolicySubject:
    """A subject at :data:`NOW`, by ada; ``image_labels`` are those of ``image``."""
    labels = fields.pop("image_labels", None)
    images = fields.pop("images", {})
    if labels is not None:
        images = {**images, fields["image"]: ImageFacts(labels)}
    if fields.pop("destroys", False):
        fields["purpose"] = "destroy"
    facts = Facts(images, fields.pop("now", NOW), fields.pop("actor", "ada@laptop"), fields.pop("account", "ada"))
    return PolicySubject(**{"stack": "prod-gpu-large", "facts": facts, "changes": changes, **fields})


def judge(policies: dict[str, Any] | PolicySet, *changes: PlannedChange, **fields: Any) -> Decision:
    loaded = policies if isinstance(policies, PolicySet) else load_policies(policies)
    return evaluate(subject(*changes, **fields), loaded)


def told(policies: dict[str, Any] | PolicySet, *changes: PlannedChange, **fields: Any) -> list[Finding]:
    """What the rules that were set say, without what is always said."""
    return [item for item in judge(policies, *changes, **fields).findings if item.rule != "secure_defaults"]


def rule(name: str, setting: Any, **more: Any) -> dict[str, Any]:
    """A policy with this one rule under ``rules``."""
    if more:
        setting = {**setting, **more}
    return {"rules": {name: setting}}
