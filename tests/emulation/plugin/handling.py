"""Owns what a provider and the handler of one resource type have to offer the servicer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.emulation.plugin.diffing import Difference
from tests.emulation.plugin.failures import CheckFailure
from tests.emulation.plugin.values import Path

Properties = dict[str, Any]


@dataclass(frozen=True)
class Checked:
    """Inputs with the provider's defaults and names in them, and what is wrong with them."""

    inputs: Properties
    failures: tuple[CheckFailure, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What a check is asked: the inputs of before and of now, and what a generated name is made from."""

    name: str
    news: Properties
    olds: Properties
    seed: bytes


@dataclass(frozen=True)
class State:
    """What the engine remembers of a resource."""

    id: str
    inputs: Properties
    outputs: Properties


@dataclass(frozen=True)
class Made:
    """What a create or a read answers. ``inputs`` is what the thing looks like in terms of its inputs (read alone)."""

    id: str
    outputs: Properties
    inputs: Properties = field(default_factory=dict)


class Handler(Protocol):
    """One resource type. Every method but ``check`` and ``diff`` may raise what `failures` holds."""

    def check(self, asked: Asked) -> Checked: ...

    def diff(self, state: State, news: Properties, ignored: tuple[str, ...]) -> Difference: ...

    def create(self, inputs: Properties, preview: bool, timeout: float) -> Made: ...

    def read(self, state: State) -> Made | None: ...

    def update(self, state: State, news: Properties, preview: bool, timeout: float) -> Properties: ...

    def delete(self, state: State, timeout: float) -> None: ...

    def secret_paths(self, outputs: Properties) -> frozenset[Path]:
        """The paths of ``outputs`` that are secret whatever the inputs were marked as."""
        ...


class Provider(Protocol):
    """One cloud. ``configure`` is called once, before the handlers are used."""

    functions: Mapping[str, Callable[[Properties], Properties]]

    def check_config(self, news: Properties) -> Checked: ...

    def diff_config(self, olds: Properties, news: Properties) -> Difference: ...

    def configure(self, config: Properties) -> None: ...

    def handler(self, token: str) -> Handler | None: ...
