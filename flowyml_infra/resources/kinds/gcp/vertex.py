"""Owns the kind ``gcp.vertex``: Vertex AI in a project, with a TensorBoard that runs report to."""

from __future__ import annotations

from typing import Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import name_property, place_property, tags_property, text
from flowyml_infra.resources.facts import gcp
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.places.gcp import REGIONS

KIND: Final = cloud_kind(
    "gcp.vertex",
    "Vertex AI in a project, with a TensorBoard.",
    properties=(
        name_property(gcp.DISPLAY_NAME, "What the TensorBoard is called.", feeds=("tensorboard.display_name",)),
        place_property("region", "The region, for example europe-west1.", known=REGIONS, feeds=("tensorboard.region",)),
        place_property("project_id", "The project.", feeds=("tensorboard.project", "service.project")),
        text("description", "What it is for.", "tensorboard.description", default=""),
        text("kms_key", "The key that encrypts it; without one, the cloud's own do.", "tensorboard.encryption_spec"),
        tags_property("gcp", feeds=("tensorboard.labels",), name="labels"),
    ),
    outputs=(
        Output("region", "string", "The region.", echoes="region"),
        Output("project_id", "string", "The project.", echoes="project_id"),
        Output("tensorboard", "string", "The TensorBoard's full name."),
        Output("id", "string", "The TensorBoard's full name."),
    ),
    children=(
        ChildType("service", gcp.SERVICE, given=("service",)),
        ChildType("tensorboard", gcp.TENSORBOARD, primary=True, stateful=True),
    ),
    stateful=True,
)
