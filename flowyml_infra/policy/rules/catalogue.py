"""Owns the table of the rules that this version has; a rule itself is a module here, loaded when it is looked up."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.policy.rules.rule import Rule

NAMES: tuple[str, ...] = (
    "allowed_stacks",
    "required_labels",
    "allowed_regions",
    "allowed_kinds",
    "existing_components",
    "sizes",
    "image_registries",
    "image_labels",
    "image_pinning",
    "base_images",
    "image_scans",
    "encryption",
    "public_access",
    "network_exposure",
    "stateful_changes",
    "who_may_apply",
    "change_windows",
    "unreviewed_drift",
    "retention",
    "monthly_cost",
    "gpus",
)
"""Every built-in rule, in the order in which they are asked."""

BUDGETS: tuple[str, ...] = ("monthly_cost", "gpus")
"""The rules that ``budgets`` takes."""

SHORT: Mapping[str, str] = {
    "allowed_stacks": "allowed_stacks",
    "required_labels": "required_labels",
    "image_policy.allowed_registries": "image_registries",
    "image_policy.required_labels": "image_labels",
    "image_policy.pinned_by": "image_pinning",
    "image_policy.base_images": "base_images",
    "image_policy.scans": "image_scans",
}
"""The keys of a policy that are a rule of their own, without an entry under ``rules``."""


def builtin_rule(name: str) -> Rule | None:
    """The built-in rule of this name, or None."""
    if name not in NAMES:
        return None
    found: Rule = import_module(f"flowyml_infra.policy.rules.{name}").RULE
    return found
