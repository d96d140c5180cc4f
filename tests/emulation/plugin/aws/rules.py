"""Owns what bridged providers do with the inputs of every resource alike: checks, defaults, names, replacement."""

from __future__ import annotations

import copy
import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.emulation.plugin import diffing
from tests.emulation.plugin.aws import tagging
from tests.emulation.plugin.failures import CheckFailure
from tests.emulation.plugin.handling import Asked, Checked, Properties, State
from tests.emulation.plugin.values import UNKNOWN, has_unknown

DEFAULTS = "__defaults"
SUFFIX_LENGTH = 7
Question = Callable[[Any], str | None]
"""What is wrong with a value, none when it is as it should be."""


@dataclass(frozen=True)
class Part:
    """What is known of the fields of a nested block."""

    known: frozenset[str]
    required: tuple[str, ...] = ()


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
    always_deletes_first: bool = False
    regional: bool = True
    """Whether there is an input ``region``, whose change replaces."""
    questions: Mapping[str, Question] = field(default_factory=dict)
    """By input: what its value is asked, once all of it is known."""
    parts: Mapping[str, Part] = field(default_factory=dict)
    """By input that is a block or a list of blocks: its fields."""
    spellings: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    """By input: the one spelling of what can be spelled in several ways, such as a set or a JSON document."""

    @property
    def every(self) -> frozenset[str]:
        """The known inputs with the region."""
        return self.known | {"region"} if self.regional else self.known


def check(rules: Rules, asked: Asked, region: str) -> Checked:
    """The inputs with defaults and a name; and what is wrong with them."""
    inputs = copy.deepcopy(asked.news)
    parts = _bad_parts(rules, inputs)
    failures = [*_unexpected(inputs, rules.every), *_missing(inputs, rules.required), *parts]
    defaulted = {**rules.defaults, **({"region": region} if rules.regional else {})}
    if rules.name_input and rules.name_input not in inputs:
        defaulted[rules.name_input] = _name(rules, asked)
    added = [name for name in defaulted if name not in inputs]
    inputs.update({name: defaulted[name] for name in added})
    inputs[DEFAULTS] = sorted(added)
    # A block that is not as it should be has no value that could be asked about.
    broken = {failure.property.partition(".")[0] for failure in parts}
    return Checked(inputs, tuple(failures + _bad_name(rules, inputs) + _bad_values(rules, inputs, broken)))


def diff(rules: Rules, state: State, news: Properties, ignored: tuple[str, ...]) -> diffing.Difference:
    """What changes between the old inputs and the new; the state's own values where they drifted."""
    olds = {name: value for name, value in state.inputs.items() if name in rules.every}
    drifted = {name: state.outputs[name] for name in olds if name in state.outputs}
    kept = {name: value for name, value in news.items() if name in rules.every}
    compared = diffing.compare(_spelled(rules, {**olds, **drifted}), _spelled(rules, kept))
    changes = diffing.marked(compared, (*rules.replacing, "region"), ignored)
    replaces = any(change.replaces for change in changes)
    return diffing.Difference(changes, replaces and _stands_in_the_way(rules, state.inputs, news))


def _spelled(rules: Rules, given: Properties) -> Properties:
    # No tags and an empty map of them are the same.
    inputs = {name: value for name, value in given.items() if name != "tags" or value}
    known = {name for name, value in inputs.items() if name in rules.spellings and not has_unknown(value)}
    return {**inputs, **{name: rules.spellings[name](inputs[name]) for name in known}}


def _stands_in_the_way(rules: Rules, olds: Properties, news: Properties) -> bool:
    if rules.always_deletes_first:
        return True
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


def _unexpected(fields: Properties, known: frozenset[str], within: str = "") -> list[CheckFailure]:
    return [
        CheckFailure(
            within + name, f"An argument named {name!r} is not expected here, or the stand-in does not translate it."
        )
        for name in fields
        if name not in known
    ]


def _missing(fields: Properties, required: tuple[str, ...], within: str = "") -> list[CheckFailure]:
    return [
        CheckFailure(
            within + name,
            f"Missing required argument: The argument {name!r} is required, but no definition was found.",
        )
        for name in required
        if name not in fields
    ]


def _bad_parts(rules: Rules, inputs: Properties) -> list[CheckFailure]:
    failures: list[CheckFailure] = []
    for name, part in rules.parts.items():
        value = inputs.get(name, [])
        for block in value if isinstance(value, list) else [value]:
            if block is not UNKNOWN:
                failures += _unexpected(block, part.known, f"{name}.") + _missing(block, part.required, f"{name}.")
    return failures


def _bad_name(rules: Rules, inputs: Properties) -> list[CheckFailure]:
    name = inputs.get(rules.name_input)
    if not rules.name_pattern or name is UNKNOWN or re.fullmatch(rules.name_pattern, str(name)):
        return []
    return [CheckFailure(rules.name_input, f"invalid value: {name!r} must match {rules.name_pattern}")]


def _bad_values(rules: Rules, inputs: Properties, broken: set[str]) -> list[CheckFailure]:
    asked = {"tags": tagging.problem, **rules.questions}
    known = [name for name in asked if name in inputs and name not in broken and not has_unknown(inputs[name])]
    answers = [(name, asked[name](inputs[name])) for name in known]
    return [CheckFailure(name, f"invalid value: {answer}") for name, answer in answers if answer]
