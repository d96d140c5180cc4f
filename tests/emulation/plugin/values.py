"""Owns the passage between the engine's wire values and plain Python: secrets, unknowns and outputs.

Plain values carry no marks. Where a secret was is kept beside them, as paths, so that what a handler returns can be
marked again. A secret that was unwrapped and forgotten would land in the state in the clear.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import json_format, struct_pb2

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN_TOKEN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Path = tuple[str | int, ...]


class Unknown:
    """A value that a preview does not know yet; equal to nothing but itself."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: dict[int, Any]) -> Unknown:
        """There is one: a copy would be known to be another value."""
        return self


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Decoded:
    """Plain values, and the paths at which they were secret."""

    values: dict[str, Any]
    secrets: frozenset[Path]


def decode(struct: struct_pb2.Struct) -> Decoded:
    """The plain values of ``struct``; nulls are left out, as the providers do."""
    secrets: set[Path] = set()
    values = _plain(json_format.MessageToDict(struct), (), secrets)
    return Decoded(values, frozenset(secrets))


def encode(values: dict[str, Any], secrets: Iterable[Path] = ()) -> struct_pb2.Struct:
    """``values`` as the engine reads them, marked secret at the paths ``secrets``."""
    struct = struct_pb2.Struct()
    json_format.ParseDict(_wire(values, (), frozenset(secrets)), struct)
    return struct


def has_unknown(value: object) -> bool:
    """Whether ``value`` is unknown or holds something that is."""
    match value:
        case dict():
            return any(has_unknown(item) for item in value.values())
        case list():
            return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def _plain(value: Any, path: Path, secrets: set[Path]) -> Any:
    match value:
        case dict() if SIGNATURE in value:
            return _special(value, path, secrets)
        case dict():
            return {key: _plain(item, (*path, key), secrets) for key, item in value.items() if item is not None}
        case list():
            return [_plain(item, (*path, index), secrets) for index, item in enumerate(value)]
        case str() if value == UNKNOWN_TOKEN:
            return UNKNOWN
        case float() if value.is_integer():
            return int(value)
    return value


def _special(value: dict[str, Any], path: Path, secrets: set[Path]) -> Any:
    match value[SIGNATURE]:
        case kind if kind in {SECRET, OUTPUT}:
            if kind == SECRET or value.get("secret"):
                secrets.add(path)
            return _plain(value["value"], path, secrets) if "value" in value else UNKNOWN
        case kind if kind == RESOURCE:
            return value.get("id") or value["urn"]
    raise ValueError(f"assets and archives are not translated (at {path})")


def _wire(value: Any, path: Path, secrets: frozenset[Path]) -> Any:
    match value:
        case dict():
            plain: Any = {key: _wire(item, (*path, key), secrets) for key, item in value.items() if item is not None}
        case list():
            plain = [_wire(item, (*path, index), secrets) for index, item in enumerate(value)]
        case Unknown():
            plain = UNKNOWN_TOKEN
        case _:
            plain = value
    return {SIGNATURE: SECRET, "value": plain} if path in secrets else plain
