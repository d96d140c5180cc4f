"""Owns the listing of the rules that a policy can use: the built-in ones, Rego, and those of installed packages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.policy.plugins import plugin_names, plugin_rule
from flowyml_infra.policy.rules.catalogue import NAMES, builtin_rule

if TYPE_CHECKING:
    from flowyml_infra.policy.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Available:
    """One rule: its name, what it refuses, its keys, and where its code is from."""

    name: str
    summary: str
    keys: tuple[str, ...]
    origin: str


def available_rules() -> list[Available]:
    """Every rule, built-in ones first.

    Raises:
        DefinitionError: A rule of an installed package cannot be loaded.
    """
    from flowyml_infra.policy import rego

    built_in = [_available(rule, "built-in") for name in NAMES if (rule := builtin_rule(name)) is not None]
    others = [
        _available(rule, rule.version.partition("/")[0]) for name in plugin_names() if (rule := plugin_rule(name))
    ]
    return [*built_in, _available(rego.RULE, "built-in"), *others]


def _available(rule: Rule, origin: str) -> Available:
    return Available(rule.name, rule.summary, rule.keys(), origin)
