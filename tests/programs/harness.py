"""A component made of a kind's properties, as the engine would make it, against a cloud that answers from memory."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc
from pulumi.runtime.stack import run_pulumi_func

from flowyml_infra.apply.engines.pulumi.programs import load_program, make_inputs
from flowyml_infra.apply.engines.pulumi.values import from_engine, to_engine
from flowyml_infra.definition.project_config import ProjectConfig
from flowyml_infra.definition.stack_definition import StackDefinition
from flowyml_infra.resources.catalogue import kind as find_kind
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.expand import expand
from flowyml_infra.resources.kind import Kind
from flowyml_infra.resources.values import Unknown, Value

CREATION = "6f9619ff-8b86-4011-b42d-00cf4fc964ff"
NAME = "thing.1"


@dataclass(frozen=True, slots=True)
class Thing:
    """What was registered with the engine: its type, what it is called there, and its inputs as the engine has them."""

    type: str
    name: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cloud:
    """A cloud that answers from memory.

    Attributes:
        name: The provider.
        location: Where things are, as a manifest says it.
        outputs: What a thing has beside its inputs once it is made.
        answers: What calls of functions get, by token.
    """

    name: str
    location: Mapping[str, str]
    outputs: Callable[[Thing], Mapping[str, Any]]
    answers: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Made:
    """A component that was made: its kind, the properties it was made of, its children by name, what it gives."""

    kind: Kind
    properties: Mapping[str, Value]
    things: tuple[Thing, ...]
    outputs: Mapping[str, Value]

    def all(self, token: str) -> list[Thing]:
        """Its children whose type ends in ``token``."""
        return [thing for thing in self.things if thing.type.endswith(token)]

    def one(self, token: str) -> Mapping[str, Any]:
        """The inputs of its one child whose type ends in ``token``."""
        (thing,) = self.all(token)
        return thing.inputs

    def children(self) -> list[ChildType]:
        """The children that its kind wants for its properties."""
        return [child for child in self.kind.children if child.wanted(self.properties)]


def derive(purpose: str, key: str = "key") -> str:
    """Secrets as the engine derives them from a key."""
    return hmac.new(key.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def make(cloud: Cloud, kind: str, *, unknown: tuple[str, ...] = (), preview: bool = False, **properties: Any) -> Made:
    """The component of a resource of ``kind``; what is left out of ``properties`` is as an expansion gives it.

    With properties that are ``unknown`` it is a preview.
    """
    preview = preview or bool(unknown)
    found = find_kind(cloud.name, kind)
    values: dict[str, Value] = {**_expanded(cloud, kind, properties), **dict.fromkeys(unknown, Unknown("string"))}
    memory = _Memory(cloud, preview=preview)
    outputs: dict[str, Value] = {}

    async def program() -> None:
        home = load_program(cloud.name)
        inputs = make_inputs({name: to_engine(value) for name, value in values.items()}, CREATION, derive)
        options = pulumi.ResourceOptions(providers=[home.provider("here", home.place(inputs))])
        component = home.KINDS[kind](NAME, inputs, options)
        outputs.update(await from_engine(component.gives, found))
        await component.primary.urn.future()

    run(program, memory, preview=preview)
    return Made(found, values, tuple(sorted(memory.things, key=lambda thing: thing.name)), outputs)


def run(program: Callable[[], Coroutine[Any, Any, None]], memory: mocks.Mocks, *, preview: bool = False) -> None:
    """Run ``program`` by itself: one that failed leaves work behind, for which the next one would wait for ever."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    pulumi.runtime.settings.SETTINGS.outputs.clear()
    mocks.set_mocks(memory, preview=preview)
    asyncio.get_event_loop().run_until_complete(run_pulumi_func(lambda: asyncio.ensure_future(program())))


def inputs_at(thing: Thing, path: str) -> list[Any]:
    """What the thing has at ``path``, written as in the SDK; of lists, what every entry has."""
    found: list[Any] = [thing.inputs]
    for word in path.split("."):
        found = [item[camel(word)] for item in _entries(found) if camel(word) in item]
    return found


def _entries(found: list[Any]) -> Iterator[Mapping[str, Any]]:
    for item in found:
        yield from (entry for entry in (item if isinstance(item, list) else [item]) if isinstance(entry, dict))


def camel(word: str) -> str:
    """A name of the SDK as the engine writes it."""
    return re.sub(r"_+([a-z0-9])", lambda found: found[1].upper(), word.rstrip("_"))


class _Memory(mocks.Mocks):
    def __init__(self, cloud: Cloud, *, preview: bool) -> None:
        self._cloud = cloud
        self._preview = preview
        self.things: list[Thing] = []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        if not args.custom or args.typ.startswith("pulumi:"):
            return args.name, dict(args.inputs)
        thing = Thing(args.typ, args.name, _open(args.inputs))
        self.things.append(thing)
        return None if self._preview else f"id-of-{args.name}", {**args.inputs, **self._cloud.outputs(thing)}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return dict(self._cloud.answers[args.token](args.args)), []


def _open(value: Any) -> Any:
    """``value`` with its secrets in the clear."""
    if rpc.is_rpc_secret(value):
        return _open(rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: _open(item) for key, item in value.items()}
    return [_open(item) for item in value] if isinstance(value, list) else value


def _expanded(cloud: Cloud, kind: str, properties: Mapping[str, Any]) -> Mapping[str, Value]:
    project = ProjectConfig.from_bytes(b"project: {name: shop, org: acme}", "/nowhere", environ={})
    manifest = {
        "apiVersion": "flowyml/v1",
        "kind": "StackDefinition",
        "metadata": {"name": "prod"},
        "spec": {
            "provider": cloud.name,
            "location": dict(cloud.location),
            "resources": {"thing": {"kind": kind, **properties}},
        },
    }
    definition = StackDefinition.from_mapping(manifest, config=project, environ={})
    (spec,) = expand(definition, "default", config=project).graph.specs.values()
    return spec.properties
