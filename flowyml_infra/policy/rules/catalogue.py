"""Owns the table of rules by the dotted name they have under ``policies``; a new rule is one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.rules import allowed_registries, allowed_stacks, image_labels, required_labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.policy.rules.rule import Rule

RULES: Mapping[str, Rule] = {
    allowed_stacks.NAME: allowed_stacks.judge,
    required_labels.NAME: required_labels.judge,
    allowed_registries.NAME: allowed_registries.judge,
    image_labels.NAME: image_labels.judge,
}

SECTIONS = frozenset(name.partition(".")[0] for name in RULES if "." in name)
"""The keys of ``policies`` that hold rules instead of being one."""
