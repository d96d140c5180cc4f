"""A kind that only tests know: like Terraform's terraform_data, it keeps an input and is replaced by a trigger."""

from __future__ import annotations

from flowyml_infra.resources.kind import Kind, Output, Property

DATA = Kind(
    provider="local",
    name="data",
    summary="Keeps a value.",
    engine="local",
    properties=(
        Property("input", "string", "Any value.", default=None),
        Property("labels", "mapping", "Any labels.", default={}),
        Property("token", "string", "A secret.", default=None, sensitive=True),
        Property("trigger", "string", "A change replaces the resource.", default=None, replaces=True),
    ),
    outputs=(
        Output("id", "string", "Made once."),
        Output("output", "string", "The input.", follows=("input",)),
    ),
    located_by="tag",
)

NAMED = Kind(
    provider="local",
    name="named",
    summary="Has a name that two of them cannot share.",
    engine="local",
    properties=(
        Property("path", "string", "Its name.", required=True, replaces=True),
        Property("size", "integer", "Its size.", default=1, replaces=True),
    ),
    outputs=(Output("id", "string", "Made once."),),
    located_by="tag",
    identity=("path",),
)
