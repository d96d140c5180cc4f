"""Owns the kind ``gcp.key``: a key in Cloud KMS that turns by itself, in a ring of its own."""

from __future__ import annotations

from typing import Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import name_property, number, place_property, tags_property
from flowyml_infra.resources.facts import gcp_compute as facts
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.places.gcp import REGIONS

KIND: Final = cloud_kind(
    "gcp.key",
    "A key in Cloud KMS.",
    properties=(
        name_property(
            facts.KEY_NAME, "The key's name, which nothing else gets ever again.", feeds=("key.name", "ring.name")
        ),
        # The ring is what is in a region, and the key goes with it.
        place_property(
            "region",
            "The region, for example europe-west1.",
            known=REGIONS | {"global", "us", "europe", "asia"},
            feeds=("ring.location", "key.key_ring"),
        ),
        place_property("project_id", "The project.", feeds=("ring.project", "key.key_ring")),
        number(
            "rotation_days",
            "After how long a new version of it is made; old ones still decrypt.",
            "key.rotation_period",
            unit="days",
            bounds=(1, 3650),
            default=90,
        ),
        tags_property("gcp", feeds=("key.labels",), name="labels"),
    ),
    outputs=(
        Output("name", "string", "The key's name.", echoes="name"),
        Output("id", "string", "The key's full name, as other kinds take it."),
    ),
    children=(
        ChildType("ring", facts.KEY_RING),
        ChildType("key", facts.KEY, primary=True, stateful=True, given=("purpose",)),
    ),
    stateful=True,
    identity=("name", "region", "project_id"),
    located_by="name",
)
