"""Owns the one shape of a document: snake_case keys, and a mapping where a component was given as its URI alone.

The models say which keys there are. What is not theirs (labels, properties of a resource's mappings) keeps its keys.
"""

from __future__ import annotations

import re
import types
import typing
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typing_extensions
from pydantic import BaseModel

from flowyml_infra.diagnostics import Diagnostic

if TYPE_CHECKING:
    from flowyml_infra.definition.jsonvalue import Json
    from flowyml_infra.definition.places import Locations, Path

_HUMP: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")


@dataclass(frozen=True, slots=True)
class Shape:
    """What keys a mapping has.

    Attributes:
        kind: ``mapping`` has the keys of ``fields``, ``table`` any key with values of ``item``, ``list`` items of it.
        fields: The shape of each known key's value, None where that has no keys of ours.
        open: Other keys are properties, in snake_case too.
        item: The shape of the values or items.
        text_key: The key under which a text that stands instead of the mapping belongs.
        choices: The values that a key's value may have, where they are listed.
    """

    kind: Literal["mapping", "table", "list"]
    fields: dict[str, Shape | None] = field(default_factory=dict)
    open: bool = False
    item: Shape | None = None
    text_key: str | None = None
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)


@cache
def shape_of(model: Any) -> Shape | None:  # noqa: ANN401 -- any annotation
    """The shape of values of the type ``model``, or None when they have no keys of ours."""
    origin, arguments = typing.get_origin(model), typing.get_args(model)
    if origin in (Annotated, typing_extensions.NotRequired, typing_extensions.Required):
        return shape_of(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return next((found for item in arguments if (found := shape_of(item)) is not None), None)
    if origin is list:
        return Shape("list", item=shape_of(arguments[0])) if shape_of(arguments[0]) else None
    if origin is dict:
        return Shape("table", item=shape_of(arguments[1])) if shape_of(arguments[1]) else None
    if isinstance(model, type) and issubclass(model, BaseModel):
        hints = {info.alias or key: info.annotation for key, info in model.model_fields.items()}
        return _mapping_shape(hints, model.model_config.get("extra") == "allow")
    if typing_extensions.is_typeddict(model):
        config = getattr(model, "__pydantic_config__", {})
        return _mapping_shape(typing.get_type_hints(model, include_extras=True), config.get("extra") == "allow")
    return None


def _mapping_shape(hints: dict[str, Any], is_open: bool) -> Shape:
    fields = {key: shape_of(hint) for key, hint in hints.items()}
    choices = {key: found for key, hint in hints.items() if (found := _literals(hint))}
    return Shape("mapping", fields, is_open, text_key="uri" if "uri" in fields else None, choices=choices)


def _literals(hint: Any) -> tuple[str, ...]:  # noqa: ANN401
    """The values of the first ``Literal`` in a type."""
    if typing.get_origin(hint) is Literal:
        return typing.get_args(hint)
    return next((found for item in typing.get_args(hint) if (found := _literals(item))), ())


@dataclass(repr=False)
class Shaping:
    """Brings one document into shape.

    Attributes:
        locations: The places in its text.
        origins: Where what was renamed or wrapped is in the text.
        problems: Keys that are given in both spellings.
    """

    locations: Locations
    origins: dict[Path, Path] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)

    def apply(self, value: Json, shape: Shape | None, path: Path, origin: Path) -> Json:
        """``value`` in ``shape``; ``path`` is where it is to be, ``origin`` where the text has it."""
        if shape is None:
            return value
        if isinstance(value, dict):
            if shape.kind == "table":
                items = (
                    (key, self.apply(item, shape.item, (*path, key), (*origin, key))) for key, item in value.items()
                )
                return dict(items)
            return self._mapping(value, shape, path, origin) if shape.kind == "mapping" else value
        if isinstance(value, list) and shape.kind == "list":
            return [self.apply(item, shape.item, (*path, index), (*origin, index)) for index, item in enumerate(value)]
        if isinstance(value, str) and shape.text_key is not None:
            self.origins[(*path, shape.text_key)] = origin
            return {shape.text_key: value}
        return value

    def _mapping(self, value: dict[str, Json], shape: Shape, path: Path, origin: Path) -> Json:
        result: dict[str, Json] = {}
        for key, item in value.items():
            new = key
            if key not in shape.fields and key != key.lower():
                snake = snake_case(key)
                new = snake if snake in shape.fields or shape.open else key
            source = (*origin, key)
            if new != key:
                if new in value:
                    self._twice(source, key, new)
                self.origins[(*path, new)] = source
            known = shape.fields.get(new)
            result[new] = item if known is None else self.apply(item, known, (*path, new), source)
        return result

    def _twice(self, source: Path, key: str, other: str) -> None:
        self.problems.append(
            Diagnostic(
                "error",
                "definition.duplicate_key",
                f"{key!r} and {other!r} are the same key",
                location=self.locations.key(source),
                hint="keep one of the two",
            )
        )


def snake_case(key: str) -> str:
    """``dockerImage`` as ``docker_image``."""
    return _HUMP.sub(r"_\1", key).lower()


def camel_case(key: str) -> str:
    """``docker_image`` as ``dockerImage``."""
    first, *rest = key.split("_")
    return first + "".join(word.capitalize() for word in rest)
