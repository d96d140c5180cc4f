"""Owns what every program is made of: a component for one resource, its inputs read by type, and what it gives."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pulumi

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

CREATION_KEY = "creation"
"""The input of a component that holds the creation id of its resource."""
_SECRET_LENGTH = 40
"""Characters of a made-up secret: hexadecimal digits, so 160 bits."""
_DIGEST_LENGTH = 16


class Sought(NamedTuple):
    """A thing that may have been made, and whose id does not follow from its inputs.

    Attributes:
        type: Its type.
        part: What it is called behind the name of its component; empty for the primary.
        creation: The creation id of its resource.
        inputs: What it would be made of.
    """

    type: str
    part: str
    creation: str
    inputs: Mapping[str, Any]


class Inputs:
    """The properties of one resource, read by type. What is not known yet, and what is secret, is an output.

    Args:
        values: The properties by name, as the resource's kind describes them.
        creation_id: What marks the things that are made for it; the same as long as the resource is not replaced.
        derive: Gives at least 40 hexadecimal digits for a text, by a key that only the engine has.
    """

    def __init__(self, values: Mapping[str, pulumi.Input[Any]], creation_id: str, derive: Callable[[str], str]) -> None:
        self._values = values
        self._derive = derive
        self.creation_id = creation_id

    def given(self, name: str) -> bool:
        """Whether the property has a value; one that is not known yet counts."""
        value = self._values.get(name)
        return isinstance(value, pulumi.Output) or value not in (None, "", [], {})

    def text(self, name: str) -> pulumi.Input[str]:
        """A property that has a text."""
        return cast("pulumi.Input[str]", self._values[name])

    def optional(self, name: str) -> pulumi.Input[str] | None:
        """A property that may have a text."""
        return cast("pulumi.Input[str] | None", self._values.get(name))

    def number(self, name: str) -> pulumi.Input[int]:
        """A property that has a whole number."""
        return cast("pulumi.Input[int]", self._values[name])

    def whole(self, name: str) -> int | None:
        """A property that may have a whole number, which a plan knows."""
        value = self._values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def flag(self, name: str) -> bool:
        """A property that is true or false, which a plan knows."""
        return self._values.get(name) is True

    def texts(self, name: str) -> pulumi.Input[Sequence[pulumi.Input[str]]]:
        """A property that is a list of texts."""
        return cast("pulumi.Input[Sequence[pulumi.Input[str]]]", self._values.get(name) or [])

    def each(self, name: str) -> list[pulumi.Input[str]]:
        """The entries of a property that is a list of texts; none while the list itself is not known."""
        value = self._values.get(name)
        return list(cast("Sequence[pulumi.Input[str]]", value)) if isinstance(value, list) else []

    def pairs(self, name: str) -> dict[str, pulumi.Input[str]]:
        """A property that is text by name."""
        return dict(cast("Mapping[str, pulumi.Input[str]]", self._values.get(name) or {}))

    def secret(self, purpose: str) -> pulumi.Output[str]:
        """A made-up secret: 40 characters that are safe everywhere, another for every purpose and every creation.

        It is made anew each time and is always the same, so it need not be kept. A preview does not know it.
        """
        if pulumi.runtime.is_dry_run():
            return _unknown_secret()
        return pulumi.Output.secret(self._derive(f"{self.creation_id} {purpose}")[:_SECRET_LENGTH])

    def digest(self, name: str) -> pulumi.Output[str]:
        """What tells the value of a text from others, and tells nobody what it is; no secret itself."""
        value = pulumi.Output.from_input(self.text(name))
        found = value.apply(lambda text: self._derive(f"{self.creation_id} digest {text}")[:_DIGEST_LENGTH])
        return pulumi.Output.unsecret(found)


def _unknown_secret() -> pulumi.Output[str]:
    value: asyncio.Future[Any] = asyncio.Future()
    value.set_result(None)
    known: asyncio.Future[bool] = asyncio.Future()
    known.set_result(False)
    secret: asyncio.Future[bool] = asyncio.Future()
    secret.set_result(True)
    return pulumi.Output(set(), value, known, secret)


class Component(pulumi.ComponentResource):
    """One resource: the things that stand for it are its children.

    A subclass makes them in its constructor and sets both attributes.

    Attributes:
        primary: The child that is the resource itself.
        gives: Its outputs by the names that its kind documents.

    Args:
        kind: ``provider:kind``.
        name: What the engine calls it; unique in its stack.
        inputs: Its properties.
        opts: From the engine.
    """

    primary: pulumi.CustomResource
    gives: Mapping[str, pulumi.Input[Any]]

    def __init__(self, kind: str, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(f"flowyml:{kind}", name, {CREATION_KEY: inputs.creation_id}, opts)
        self.name = name

    def child(self, **options: Any) -> pulumi.ResourceOptions:  # noqa: ANN401 - the fields of ResourceOptions
        """The options of a child."""
        return pulumi.ResourceOptions(parent=self, **options)
