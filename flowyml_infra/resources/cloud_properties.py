"""Owns short ways to write properties: plain ones by type, and those that kinds in several clouds have in one form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowyml_infra.resources.derivation import FromComponent, FromLocation, FromName, FromProtection, FromTags
from flowyml_infra.resources.property import Doubt, Property

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from flowyml_infra.resources.derivation import PlaceKey, TagStyle
    from flowyml_infra.resources.naming import NameRule
    from flowyml_infra.resources.values import Json


def name_property(
    rule: NameRule, description: str, *, feeds: tuple[str, ...], name: str = "name", place: PlaceKey | None = None
) -> Property:
    """The property that names it in the cloud; made up when it is left out and no ``place`` says it."""

    def check(value: Json) -> str | None:
        return rule.problem(str(value))

    derived = FromName(rule, place)
    return Property(name, "string", description, required=True, check=check, derived=derived, feeds=feeds, public=True)


def tags_property(style: TagStyle, *, feeds: tuple[str, ...], name: str = "tags") -> Property:
    """The property that holds tags or labels; those of this library are added."""
    return Property(
        name, "mapping", "Text by name, kept with it.", default={}, derived=FromTags(style), feeds=feeds, public=True
    )


def text(name: str, description: str, *feeds: str, **rest: Any) -> Property:  # noqa: ANN401 - the fields of Property
    """A property that is a text everybody may see."""
    return Property(name, "string", description, feeds=feeds, public=True, **rest)


def flag(
    name: str,
    description: str,
    *feeds: str,
    default: bool,
    weaker: str | None = None,
    **rest: Any,  # noqa: ANN401 - the fields of Property
) -> Property:
    """A property that is true or false; ``weaker`` is a clause about what is less safe without its default."""
    weakens = weaker_if(bad=not default, clause=weaker) if weaker is not None else None
    return Property(name, "boolean", description, default=default, feeds=feeds, weakens=weakens, public=True, **rest)


def number(
    name: str,
    description: str,
    *feeds: str,
    unit: str,
    bounds: tuple[int, int],
    **rest: Any,  # noqa: ANN401 - the fields of Property
) -> Property:
    """A property that is a whole number of ``unit`` between two bounds."""
    least, most = bounds
    return Property(
        name, "integer", description, unit=unit, minimum=least, maximum=most, feeds=feeds, public=True, **rest
    )


def texts(name: str, description: str, *feeds: str, **rest: Any) -> Property:  # noqa: ANN401 - the fields of Property
    """A property that is a list of texts, empty unless ``default`` says more."""
    return Property(name, "list", description, feeds=feeds, public=True, **{"default": [], **rest})


def pairs(name: str, description: str, *feeds: str, **rest: Any) -> Property:  # noqa: ANN401 - the fields of Property
    """A property that is text by name, empty unless ``default`` says more."""
    return Property(name, "mapping", description, feeds=feeds, public=True, **{"default": {}, **rest})


def component_output(
    component: str,
    output: str,
    *feeds: str,
    name: str,
    description: str,
    kind: str | None = None,
    otherwise: FromLocation | None = None,
    **rest: Any,  # noqa: ANN401 - the fields of Property
) -> Property:
    """A property that, left out, is an output of another component of the stack, else the place ``otherwise``."""
    derived = FromComponent(component, output, kind, otherwise)
    return Property(name, "string", description, derived=derived, feeds=feeds, public=True, **rest)


def matching(pattern: str, wording: str) -> Callable[[Json], str | None]:
    """A check that a text matches ``pattern``; ``wording`` says what that means, as a clause."""

    def check(value: Json) -> str | None:
        return None if re.fullmatch(pattern, str(value)) else f"is {value!r}; {wording}"

    return check


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
