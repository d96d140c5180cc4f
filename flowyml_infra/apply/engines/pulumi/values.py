"""Owns the passing of values between resources as we record them and the engine: secrets, unknowns, plain ones."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pulumi

from flowyml_infra.resources.values import Secret, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.kind import Kind
    from flowyml_infra.resources.values import Json, Value


def to_engine(value: Value) -> pulumi.Input[Any]:
    """``value`` as a program takes it."""
    match value:
        case Secret():
            return pulumi.Output.secret(value.value)
        case Unknown():
            return unknown()
        case dict():
            return {key: to_engine(item) for key, item in value.items()}
        case list():
            return [to_engine(item) for item in value]
        case _:
            return cast("pulumi.Input[Any]", value)


def unknown() -> pulumi.Output[Any]:
    """An output of which a preview knows nothing; inside a program alone."""
    value: asyncio.Future[Any] = asyncio.Future()
    value.set_result(None)
    known: asyncio.Future[bool] = asyncio.Future()
    known.set_result(False)
    return pulumi.Output(set(), value, known)


async def from_engine(gives: Mapping[str, pulumi.Input[Any]], kind: Kind) -> dict[str, Value]:
    """The outputs of a resource of ``kind`` once they are there, the sensitive ones as secrets.

    Numbers come as floating point from the engine; those that are whole by their kind are made whole.
    """
    found: dict[str, Value] = {}
    for item in kind.outputs:
        value: Json = await pulumi.Output.from_input(gives[item.name]).future()
        if item.type == "integer" and isinstance(value, float):
            value = int(value)
        found[item.name] = cast("Value", value)
    return kind.conceal(found)
