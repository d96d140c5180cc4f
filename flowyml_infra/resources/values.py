"""Owns the values that a property can have and their JSON form; resolving them against outputs happens elsewhere.

Plain JSON stays plain. What JSON cannot say is written as an object with one key that begins with ``$``; manifests
may not use such keys, so the two never collide:

====================  ==========================================================
``Reference``         ``{"$ref": "local.directory.data", "output": "uri"}``
``StackReference``    ``{"$stack": "shared", "component": "network", "output": "id"}``
``Variable``          ``{"$variable": "DB_PASSWORD", "default": null}``
``Template``          ``{"$template": ["postgresql://u:", {"$variable": …}, "@h/d"]}``
``Sealed``            ``{"$sealed": "…", "digest": "…"}``
``Unknown``           ``{"$unknown": "string"}``
====================  ==========================================================

A ``Secret`` has no JSON form on purpose: it must be sealed first.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, assert_never

from flowyml_infra.address import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
"""What the ``json`` module reads and writes."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The output ``output`` of another resource of the same stack; ``${resources.NAME.outputs.X}`` in a manifest."""

    address: Address
    output: str


@dataclass(frozen=True, slots=True)
class StackReference:
    """An output of another stack in the same environment; ``${stacks.NAME.outputs.COMPONENT.X}``."""

    stack: str
    component: str
    output: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A sensitive environment variable, read only when its value is needed."""

    name: str
    default: str | None = None


Part: TypeAlias = "str | Reference | StackReference | Variable"


@dataclass(frozen=True, slots=True)
class Template:
    """A text with values in it, in order."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Secret:
    """A value in the clear, in memory only. Its ``repr`` hides it."""

    value: Json

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted value.

    Attributes:
        token: The ciphertext as text; only the state's key opens it.
        digest: A keyed digest of the clear value: equal values have equal digests, and nothing else can be learned.
    """

    token: str
    digest: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value of the named JSON type that only an apply can give."""

    type: str = "string"


Value: TypeAlias = (
    "str | int | float | bool | Reference | StackReference | Variable | Template | Secret | Sealed | Unknown"
    " | list[Value] | dict[str, Value] | None"
)
Leaf: TypeAlias = "Reference | StackReference | Variable | Template | Secret | Sealed | Unknown"

LEAVES = (Reference, StackReference, Variable, Template, Secret, Sealed, Unknown)
"""The classes of :data:`Leaf`, for ``isinstance``."""

_TAGS = frozenset({"$ref", "$stack", "$variable", "$template", "$sealed", "$unknown"})


def encode(value: Value) -> Json:
    """The JSON form of ``value``.

    Raises:
        TypeError: A ``Secret`` is inside; seal it first.
    """
    match value:
        case dict():
            return {key: encode(item) for key, item in value.items()}
        case list():
            return [encode(item) for item in value]
        case Secret():
            raise TypeError("a secret in the clear has no JSON form; seal it first")
        case Reference() | StackReference() | Variable() | Template() | Sealed() | Unknown():
            return _encode_leaf(value)
        case str() | int() | float() | None:
            return value
        case _:
            assert_never(value)


def _encode_leaf(value: Reference | StackReference | Variable | Template | Sealed | Unknown) -> Json:
    match value:
        case Reference(address, output):
            return {"$ref": str(address), "output": output}
        case StackReference(stack, component, output):
            return {"$stack": stack, "component": component, "output": output}
        case Variable(name, default):
            return {"$variable": name, "default": default}
        case Template(parts):
            return {"$template": [encode(part) for part in parts]}
        case Sealed(token, digest):
            return {"$sealed": token, "digest": digest}
        case Unknown(type_):
            return {"$unknown": type_}
        case _:
            assert_never(value)


def decode(data: Json) -> Value:
    """The inverse of :func:`encode`.

    Raises:
        ValueError: A tagged object is not well formed.
    """
    if isinstance(data, dict):
        tag = next(iter(data), "")
        if tag in _TAGS:
            try:
                return _decode_leaf(tag, data)
            except (KeyError, TypeError) as error:
                raise ValueError(f"a {tag} value is not well formed") from error
        return {key: decode(item) for key, item in data.items()}
    if isinstance(data, list):
        return [decode(item) for item in data]
    return data


def _decode_leaf(tag: str, data: Mapping[str, Json]) -> Leaf:
    if tag == "$template":
        parts = tuple(decode(part) for part in _list(data["$template"]))
        return Template(tuple(p for p in parts if isinstance(p, (str, Reference, StackReference, Variable))))
    main = _text(data[tag])
    match tag:
        case "$ref":
            return Reference(Address(main), _text(data["output"]))
        case "$stack":
            return StackReference(main, _text(data["component"]), _text(data["output"]))
        case "$variable":
            default = data.get("default")
            return Variable(main, None if default is None else _text(default))
        case "$sealed":
            return Sealed(main, _text(data["digest"]))
        case _:
            return Unknown(main)


def _text(item: Json) -> str:
    if not isinstance(item, str):
        raise TypeError("a text was expected")
    return item


def _list(item: Json) -> list[Json]:
    if not isinstance(item, list):
        raise TypeError("a list was expected")
    return item


def leaves(value: Value, path: str = "") -> Iterator[tuple[str, Leaf]]:
    """Every non-JSON value inside ``value`` with its dotted path, in order."""
    if isinstance(value, LEAVES):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")


def transform(value: Value, change: Callable[[str, Leaf], Value], path: str = "") -> Value:
    """``value`` with every non-JSON value replaced by ``change(path, leaf)``; plain parts are copied as they are."""
    if isinstance(value, LEAVES):
        return change(path, value)
    if isinstance(value, dict):
        return {key: transform(item, change, f"{path}.{key}" if path else key) for key, item in value.items()}
    if isinstance(value, list):
        return [transform(item, change, f"{path}[{index}]") for index, item in enumerate(value)]
    return value


def canonical_json(data: Json) -> str:
    """The one text for ``data``: keys sorted, no spaces, non-ASCII kept; what digests are taken of."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
