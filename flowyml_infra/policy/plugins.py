"""Owns rules in Python from other packages: finding them by entry point, and telling their versions apart."""

from __future__ import annotations

import hashlib
import inspect
from dataclasses import replace
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final

from flowyml_infra.errors import DefinitionError
from flowyml_infra.policy.rules.rule import ENTRY_KEYS, Rule

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP: Final = "flowyml_infra.policy_rules"
"""The group of entry points; each names a :class:`Rule`."""


def plugin_names() -> list[str]:
    """The rules that installed packages offer."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def plugin_rule(name: str) -> Rule | None:
    """The rule that an installed package offers under ``name``, with its version, or None.

    Raises:
        DefinitionError: It cannot be loaded, is no rule, takes a key that every entry has, or two packages offer it.
    """
    found = tuple(entry_points(group=GROUP, name=name))
    if not found:
        return None
    if len(found) > 1:
        owners = ", ".join(sorted(_owner(point) for point in found))
        raise DefinitionError(f"the policy rule {name!r} is offered by {owners}", hint="uninstall all but one of them")
    [point] = found
    try:
        rule = point.load()
    except Exception as error:
        raise DefinitionError(
            f"the policy rule {name!r} of {_owner(point)} cannot be loaded: {type(error).__name__}: {error}",
            code="policy.plugin",
            hint="mend or update the package",
        ) from error
    if not isinstance(rule, Rule):
        raise DefinitionError(
            f"{point.value} of {_owner(point)} is no Rule", code="policy.plugin", hint="let it name one"
        )
    taken = sorted(set(ENTRY_KEYS).intersection(rule.keys()))
    if taken:
        raise DefinitionError(
            f"the policy rule {name!r} of {_owner(point)} has a key of its own called {taken[0]}, as every entry has",
            code="policy.plugin",
            hint="call it something else",
        )
    return replace(rule, name=name, version=f"{_owner(point)}/{_source_digest(rule)}")


def _owner(point: EntryPoint) -> str:
    return "a package" if point.dist is None else f"{point.dist.name} {point.dist.version}"


def _source_digest(rule: Rule) -> str:
    """Of the module that judges, so that an edited rule is another one though its package keeps its version."""
    module = inspect.getmodule(rule.judge)
    try:
        source = inspect.getsource(module) if module is not None else ""
    except OSError:
        source = ""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
