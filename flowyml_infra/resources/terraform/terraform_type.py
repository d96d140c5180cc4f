"""Owns the form of what is known about one of Terraform's resource types, and the reading of attributes by it.

Of a resource in Terraform's state nothing is read but what tells it apart; what Terraform holds as sensitive is not
even that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping


class Attributes:
    """The attributes of one resource, read by path.

    Attributes:
        concealed: The first attribute that was asked for and is sensitive; None while there was none.

    Args:
        values: The attributes; nested ones as objects and lists, or flat with dotted names as Terraform 0.11 had them.
        hidden: The names of those that hold something sensitive.
    """

    def __init__(self, values: Mapping[str, object], hidden: Collection[str] = ()) -> None:
        self._values = values
        self._hidden = hidden
        self.concealed: str | None = None

    def text(self, path: str) -> str | None:
        """The text at ``path``, for example ``metadata.0.name``; None for one that is empty, missing or sensitive."""
        head, *rest = path.split(".")
        if head in self._hidden:
            self.concealed = self.concealed or head
            return None
        found = self._values.get(path)
        if found is None:
            found = self._values.get(head)
            for part in rest:
                found = _inside(found, part)
        return found if isinstance(found, str) and found else None


def _inside(value: object, part: str) -> object:
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
        return value[int(part)]
    return None


Find: TypeAlias = "Callable[[Attributes], str | None]"


@dataclass(frozen=True, slots=True)
class TerraformType:
    """One of Terraform's resource types, where a kind stands for the same thing.

    Attributes:
        name: The type, for example ``aws_s3_bucket``.
        kind: ``provider.kind``.
        id: What the engine calls such a thing.
        tells: By the name of a property: the value that a definition gives it for this very thing.
        when: Which resources of the type it is about; None for all.
    """

    name: str
    kind: str
    id: Find
    tells: Mapping[str, Find]
    when: Callable[[Attributes], bool] | None = None


def attribute(*paths: str) -> Find:
    """The first of these attributes that has a text."""

    def find(attributes: Attributes) -> str | None:
        return next((text for text in map(attributes.text, paths) if text is not None), None)

    return find


def segment(path: str, after: str) -> Find:
    """The part behind ``/after/`` in a path such as ``projects/P/locations/L``, whatever the case of ``after``."""

    def find(attributes: Attributes) -> str | None:
        parts = (attributes.text(path) or "").split("/")
        places = [index for index, part in enumerate(parts[:-1]) if part.lower() == after.lower()]
        return parts[places[0] + 1] or None if places else None

    return find


def either(*finds: Find) -> Find:
    """What the first of ``finds`` that finds something does."""

    def find(attributes: Attributes) -> str | None:
        return next((text for text in (each(attributes) for each in finds) if text is not None), None)

    return find
