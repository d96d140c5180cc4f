"""Owns the properties that the local kinds share, and what is checked about them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.kind import Fault
from flowyml_infra.resources.local_paths import leaves_project, normal_path, path_problem
from flowyml_infra.resources.property import Property

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Json, Value

MOST_LABELS = 64
LONGEST_LABEL = 256
"""Characters of a label's value."""
_LABEL_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?")


def _labels_problem(value: Json) -> str | None:
    if not isinstance(value, dict):
        return None
    if len(value) > MOST_LABELS:
        return f"has {len(value)} labels; {MOST_LABELS} are allowed"
    for name, text in value.items():
        if not _LABEL_NAME.fullmatch(name):
            return f"has the name {name!r}; 1 to 63 letters, digits, '.', '_', '-' and '/' are allowed"
        if isinstance(text, str) and len(text) > LONGEST_LABEL:
            return f"has a value of {len(text)} characters at {name}; {LONGEST_LABEL} are allowed"
        if isinstance(text, str) and not text.isprintable():
            return f"has a value at {name} that cannot be printed"
    return None


def path_property(description: str) -> Property:
    """The property ``path`` with this description."""
    return Property(
        "path",
        "string",
        f"{description} Relative to the project.",
        required=True,
        replaces=True,
        check=path_problem,
        normalise=normal_path,
        public=True,
    )


LABELS: Final = Property(
    "labels", "mapping", "Text by name, kept with the resource.", default={}, check=_labels_problem
)
ALLOW_OUTSIDE: Final = Property(
    "allow_outside", "boolean", "The path may lead out of the project.", default=False, stored=False, public=True
)


def force_destroy(description: str) -> Property:
    """The property ``force_destroy`` with this description."""
    return Property("force_destroy", "boolean", description, default=False, stored=False, public=True)


def check_place(properties: Mapping[str, Value]) -> Iterable[Fault]:
    """What is wrong with a path that leaves the project without being allowed to."""
    path = properties.get("path")
    if isinstance(path, str) and leaves_project(path) and properties.get("allow_outside") is False:
        yield Fault("path", "leads out of the project", "set allow_outside: true if that is meant")
