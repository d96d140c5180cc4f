"""Owns a provider that makes everything at once and nowhere, and compares inputs as the official one does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.emulation.instant.behaviour import Behaviour
from tests.emulation.plugin import values
from tests.emulation.plugin.diffing import DELETE, Change, Difference, compare, marked
from tests.emulation.plugin.handling import Asked, Checked, Made, Properties, State
from tests.emulation.plugin.values import UNKNOWN, Path

Outputs = Callable[[str, str, Properties], Properties]
"""What a thing has beside its inputs: asked with its type, its id and its inputs."""


@dataclass(frozen=True)
class Thing:
    """The handler of one type."""

    token: str
    behaviour: Behaviour
    region: str
    outputs: Outputs

    def check(self, asked: Asked) -> Checked:
        placed = {"region": self.region} if self.behaviour.regional else {}
        return Checked({**placed, **asked.news})

    def diff(self, state: State, news: Properties, ignored: tuple[str, ...]) -> Difference:
        changes = compare(self._spelled(state.inputs), self._spelled(news))
        told = marked(changes, (*self.behaviour.replaces, "region"), ignored)
        found = tuple(self._judged(change) for change in told if not self._is_kept(change))
        return Difference(found)

    def create(self, inputs: Properties, preview: bool, timeout: float) -> Made:
        identity = hashlib.sha256(f"{self.token} {sorted(inputs.items())!r}".encode()).hexdigest()[:12]
        extra = self.outputs(self.token, identity, inputs)
        if preview:
            return Made("", {**dict.fromkeys(extra, UNKNOWN), **inputs})
        return Made(identity, {**extra, **inputs})

    def read(self, state: State) -> Made | None:
        return Made(state.id, state.outputs, state.inputs)

    def update(self, state: State, news: Properties, preview: bool, timeout: float) -> Properties:
        return {**state.outputs, **news}

    def delete(self, state: State, timeout: float) -> None:
        """It was nowhere."""

    def secret_paths(self, outputs: Properties) -> frozenset[Path]:
        return frozenset()

    def _spelled(self, inputs: Properties) -> Properties:
        """``inputs`` in the one spelling that means the same, without what is empty, which counts as left out."""
        some = {
            name: value for name, value in inputs.items() if values.has_unknown(value) or value not in ([], {}, None)
        }
        for path in self.behaviour.sets:
            some = _spelled(some, path.split("."))
        return some

    def _is_kept(self, change: Change) -> bool:
        return change.kind == DELETE and _keys(change) in self.behaviour.kept

    def _judged(self, change: Change) -> Change:
        if change.kind == DELETE and _keys(change) in self.behaviour.taken:
            return Change(change.path, change.kind, replaces=True)
        # A block that is added or taken away is replaced for the sake of what is in it.
        within = f"{_keys(change)}."
        return Change(
            change.path,
            change.kind,
            change.replaces or any(item.startswith(within) for item in self.behaviour.replaces),
        )


class Provider:
    """One cloud. A type that the table does not know is refused: what it does when it changes would be made up."""

    def __init__(
        self,
        behaviours: Mapping[str, Behaviour],
        outputs: Outputs,
        functions: Mapping[str, Callable[[Properties], Properties]],
    ) -> None:
        self.functions = functions
        self._behaviours = behaviours
        self._outputs = outputs
        self._region = ""

    def check_config(self, news: Properties) -> Checked:
        return Checked(news)

    def diff_config(self, olds: Properties, news: Properties) -> Difference:
        return Difference(tuple(compare(olds, news)))

    def configure(self, config: Properties) -> None:
        self._region = str(config.get("region", ""))

    def handler(self, token: str) -> Thing | None:
        behaviour = self._behaviours.get(token)
        return Thing(token, behaviour, self._region, self._outputs) if behaviour else None


def _keys(change: Change) -> str:
    return ".".join(part for part in change.path if isinstance(part, str))


def _spelled(inputs: Properties, path: list[str]) -> Properties:
    """``inputs`` with what is at ``path`` in one order."""
    name, *rest = path
    value = inputs.get(name)
    if value is None or value is UNKNOWN or (not rest and values.has_unknown(value)):
        return inputs
    return {**inputs, name: _spelled(value, rest) if rest else _sorted(value)}


def _sorted(value: Any) -> Any:
    """A set, or a document in which lists are sets, in the one order of its entries."""
    match value:
        case str():
            return _sorted(json.loads(value))
        case list():
            return sorted((_inner(item) for item in value), key=repr)
    return _inner(value)


def _inner(value: Any) -> Any:
    match value:
        case dict():
            return {key: _inner(item) for key, item in value.items()}
        case list():
            return sorted((_inner(item) for item in value), key=repr)
    return value


def none(token: str, identity: str, inputs: Properties) -> dict[str, Any]:
    """A thing that has nothing beside its inputs."""
    return {}
