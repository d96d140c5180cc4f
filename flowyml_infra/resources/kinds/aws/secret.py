"""Owns the kind ``aws.secret``: a secret in Secrets Manager, with or without a value that the definition gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import name_property, place_property, tags_property, weaker_if
from flowyml_infra.resources.facts import aws
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.places.aws import REGIONS
from flowyml_infra.resources.property import Property

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.values import Json, Value

_LONGEST_VALUE = 65_536


def _has_value(properties: Mapping[str, Value]) -> bool:
    return properties.get("value") is not None


def _value_problem(value: Json) -> str | None:
    size = len(str(value).encode())
    return f"is {size} bytes long; {_LONGEST_VALUE} are allowed" if size > _LONGEST_VALUE else None


def _window_problem(value: Json) -> str | None:
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
    return f"is {value} days; 0, or 7 to 30, are allowed" if isinstance(value, int) and 0 < value < 7 else None


KIND: Final = cloud_kind(
    "aws.secret",
    "A secret in Secrets Manager.",
    properties=(
        name_property(aws.SECRET_NAME, "The secret's name.", feeds=("secret.name",)),
        place_property("region", "The region, for example eu-west-1.", known=REGIONS, feeds=("secret.region",)),
        Property(
            "value",
            "string",
            "What is kept; without it, the secret is made empty for others to fill.",
            sensitive=True,
            check=_value_problem,
            feeds=("version.secret_string",),
        ),
        Property("description", "string", "What it is for.", default="", feeds=("secret.description",), public=True),
        Property(
            "kms_key",
            "string",
            "The ARN of the key that encrypts it; without one, Secrets Manager's own does.",
            feeds=("secret.kms_key_id",),
            public=True,
        ),
        Property(
            "recovery_window",
            "integer",
            "How long a deleted secret can still be got back, and its name stays taken; 0 deletes at once.",
            unit="days",
            default=30,
            minimum=0,
            maximum=30,
            check=_window_problem,
            feeds=("secret.recovery_window_in_days",),
            weakens=weaker_if(bad=0, clause="is 0, so a deleted secret cannot be got back"),
            public=True,
        ),
        tags_property("aws", feeds=("secret.tags",)),
    ),
    outputs=(
        Output("arn", "string", "The secret's ARN."),
        Output("name", "string", "The secret's name.", echoes="name"),
        Output("id", "string", "The secret's ARN."),
    ),
    children=(
        ChildType("secret", aws.SECRET, primary=True, stateful=True),
        ChildType("version", aws.SECRET_VERSION, given=("secret_id",), made_if=_has_value),
    ),
    stateful=True,
    identity=("name", "region"),
    located_by="name",
)
