"""Owns the properties that kinds in several clouds have in one form: name, tags, region, protection from deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowyml_infra.resources.derivation import FromLocation, FromName, FromProtection, FromTags
from flowyml_infra.resources.property import Doubt, Property

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from flowyml_infra.resources.derivation import PlaceKey, TagStyle
    from flowyml_infra.resources.naming import NameRule
    from flowyml_infra.resources.values import Json


def name_property(rule: NameRule, description: str, *, feeds: tuple[str, ...], name: str = "name") -> Property:
    """The property that names it in the cloud; made up when it is left out."""

    def check(value: Json) -> str | None:
        return rule.problem(str(value))

    return Property(
        name, "string", description, required=True, check=check, derived=FromName(rule), feeds=feeds, public=True
    )


def tags_property(style: TagStyle, *, feeds: tuple[str, ...], name: str = "tags") -> Property:
    """The property that holds tags or labels; those of this library are added."""
    return Property(
        name, "mapping", "Text by name, kept with it.", default={}, derived=FromTags(style), feeds=feeds, public=True
    )


def place_property(key: PlaceKey, description: str, *, known: Collection[str] = (), **rest: Any) -> Property:  # noqa: ANN401 - the fields of Property
    """A required property that says where it is; ``spec.location`` gives it when it is left out."""
    return Property(
        key,
        "string",
        description,
        required=True,
        derived=FromLocation(key),
        doubt=one_of(known) if known else None,
        public=True,
        **rest,
    )


def protection_property(description: str, *, feeds: tuple[str, ...], name: str = "deletion_protection") -> Property:
    """The property that has the cloud refuse a deletion; on by default where the environment is protected."""
    return Property(name, "boolean", description, derived=FromProtection(), feeds=feeds, public=True)


def one_of(known: Collection[str]) -> Callable[[Json], Doubt | None]:
    """A doubt about a value that is none of ``known``: clouds grow faster than lists of what they have."""

    def doubt(value: Json) -> Doubt | None:
        from flowyml_infra.diagnostics import did_you_mean

        if not isinstance(value, str) or value in known:
            return None
        return Doubt(f"is {value!r}, which this version does not know", did_you_mean(value, known))

    return doubt


def weaker_if(bad: Json, clause: str) -> Callable[[Json], str | None]:
    """Says ``clause`` of a property whose value is ``bad``."""
    return lambda value: clause if value == bad and type(value) is type(bad) else None
