"""Owns the kind ``local.directory``: a folder on this machine, for artifacts and other files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.kind import Kind, Output
from flowyml_infra.resources.local_properties import ALLOW_OUTSIDE, LABELS, check_place, force_destroy, path_property
from flowyml_infra.resources.property import Property

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json

_MODE = re.compile(r"0?[0-7]{3}|[0-7]{4}")
_OWNER = 0o700


def _mode_problem(value: Json) -> str | None:
    text = str(value)
    if not _MODE.fullmatch(text):
        return f'is {text!r}; write it in octal, in quotes, for example "0750"'
    if int(text, 8) & _OWNER != _OWNER:
        return f"is {text!r}; the owner has to be able to read, write and enter, so it begins with 07"
    return None


def _normal_mode(value: Json) -> Json:
    return value.zfill(4) if isinstance(value, str) else value


KIND: Final = Kind(
    provider="local",
    name="directory",
    summary="A folder on this machine.",
    engine="local",
    properties=(
        path_property("Where the folder is."),
        Property(
            "mode",
            "string",
            "Permissions of the folder in octal.",
            default="0755",
            check=_mode_problem,
            normalise=_normal_mode,
            public=True,
        ),
        LABELS,
        force_destroy("Delete the folder with the files in it; without this, one with files is left alone."),
        ALLOW_OUTSIDE,
    ),
    outputs=(
        Output("path", "string", "The absolute path."),
        Output("uri", "string", "The path as a file:// URI."),
        Output("id", "string", "The path as the definition has it."),
    ),
    located_by="tag",
    stateful=True,
    identity=("path",),
    check=check_place,
)
