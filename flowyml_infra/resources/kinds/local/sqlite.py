"""Owns the kind ``local.sqlite``: a SQLite database in a file on this machine."""

from __future__ import annotations

from typing import Final

from flowyml_infra.resources.kind import Kind, Output
from flowyml_infra.resources.local_properties import ALLOW_OUTSIDE, LABELS, check_place, force_destroy, path_property
from flowyml_infra.resources.property import Property

KIND: Final = Kind(
    provider="local",
    name="sqlite",
    summary="A SQLite database in a file on this machine.",
    engine="local",
    properties=(
        path_property("Where the database file is."),
        Property(
            "journal_mode",
            "string",
            "How SQLite writes safely; wal lets readers go on during a write.",
            default="wal",
            choices=("wal", "delete"),
            public=True,
        ),
        LABELS,
        force_destroy("Delete the database with the tables in it; without this, one with tables is left alone."),
        ALLOW_OUTSIDE,
    ),
    outputs=(
        Output("path", "string", "The absolute path."),
        Output("uri", "string", "The path as a sqlite:/// URL."),
        Output("id", "string", "The path as the definition has it."),
    ),
    located_by="tag",
    stateful=True,
    identity=("path",),
    check=check_place,
)
