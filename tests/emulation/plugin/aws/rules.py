"""Owns what bridged providers do with the inputs of every resource alike: checks, defaults, names, replacement."""

from __future__ import annotations

import copy
import hashlib
import os
import re
from dataclasses import dataclass, field

from tests.emulation.plugin import diffing
from tests.emulation.plugin.failures import CheckFailure
from tests.emulation.plugin.handling import Asked, Checked, Properties, State
from tests.emulation.plugin.values import UNKNOWN

DEFAULTS = "__defaults"
SUFFIX_LENGTH = 7


@dataclass(frozen=True)
class Rules:
    """What is known of one resource type's inputs."""

    known: frozenset[str]
    required: tuple[str, ...] = ()
    replacing: tuple[str, ...] = ()
    defaults: Properties = field(default_factory=dict)
    name_input: str = ""
    """The input that is made up when it is left out; a name that the user keeps makes a replacement delete first."""
    name_pattern: str = ""
    explicit_name_deletes_first: bool = True


def check(rules: Rules, asked: Asked, region: str) -> Checked:
    """The inputs with defaults and a name; and what is wrong with them."""
    inputs = copy.deepcopy(asked.news)
    failures = [
        CheckFailure(name, f"An argument named {name!r} is not expected here, or the stand-in does not translate it.")
        for name in inputs
        if name not in rules.known and name != "region"
    ]
    failures += [
        CheckFailure(
            name, f"Missing required argument: The argument {name!r} is required, but no definition was found."
        )
        for name in rules.required
        if name not in inputs
    ]
    defaulted = {**rules.defaults, "region": region}
    if rules.name_input and rules.name_input not in inputs:
        defaulted[rules.name_input] = _name(rules, asked)
    added = [name for name in defaulted if name not in inputs]
    inputs.update({name: defaulted[name] for name in added})
    inputs[DEFAULTS] = sorted(added)
    return Checked(inputs, tuple(failures + _bad_name(rules, inputs)))


def diff(rules: Rules, state: State, news: Properties, ignored: tuple[str, ...]) -> diffing.Difference:
    """What changes between the old inputs and the new; the state's own values where they drifted."""
    olds = {name: value for name, value in state.inputs.items() if name in rules.known or name == "region"}
    kept = {name: value for name, value in news.items() if name in rules.known or name == "region"}
    drifted = {name: state.outputs[name] for name in olds if name in state.outputs}
    changes = diffing.marked(diffing.compare({**olds, **drifted}, kept), (*rules.replacing, "region"), ignored)
    replaces = any(change.replaces for change in changes)
    return diffing.Difference(changes, replaces and _stands_in_the_way(rules, state.inputs, news))


def _stands_in_the_way(rules: Rules, olds: Properties, news: Properties) -> bool:
    name = rules.name_input
    if not name or not rules.explicit_name_deletes_first or name in news.get(DEFAULTS, []):
        return False
    return olds.get(name) == news.get(name)


def _name(rules: Rules, asked: Asked) -> object:
    """The name that was made before, or the logical name with a suffix from the engine's seed."""
    if rules.name_input in asked.olds.get(DEFAULTS, []):
        return asked.olds[rules.name_input]
    seed = asked.seed or os.urandom(16)
    return f"{asked.name}-{hashlib.sha256(seed).hexdigest()[:SUFFIX_LENGTH]}"


def _bad_name(rules: Rules, inputs: Properties) -> list[CheckFailure]:
    name = inputs.get(rules.name_input)
    if not rules.name_pattern or name is UNKNOWN or re.fullmatch(rules.name_pattern, str(name)):
        return []
    return [CheckFailure(rules.name_input, f"invalid value: {name!r} must match {rules.name_pattern}")]
