"""Owns the kind ``gcp.identity``: a service account that may use what its stack has, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import (
    component_output,
    matching,
    name_property,
    place_property,
    text,
    texts,
)
from flowyml_infra.resources.facts import gcp
from flowyml_infra.resources.kind import Output

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json

_ROLE = matching(r"(roles|(projects|organizations)/[^/]+/roles)/[\w.]+", "a role reads roles/NAME")
_BROAD = ("roles/owner", "roles/editor", "roles/iam.securityAdmin")


def _roles_problem(value: Json) -> str | None:
    clauses = (_ROLE(item) for item in (value if isinstance(value, list) else []) if isinstance(item, str))
    return next((clause for clause in clauses if clause), None)


def _broad(value: Json) -> str | None:
    wide = [item for item in (value if isinstance(value, list) else []) if item in _BROAD]
    return f"has {wide[0]} in it, which allows far more than a stack needs" if wide else None


KIND: Final = cloud_kind(
    "gcp.identity",
    "A service account that may use what the stack has.",
    properties=(
        name_property(
            gcp.ACCOUNT_NAME, "The account's name; its address begins with it.", feeds=("account.account_id",)
        ),
        place_property("project_id", "The project.", feeds=("account.project", "roles.project")),
        text("description", "What it is for.", "account.description", default=""),
        component_output(
            "artifact_store",
            "name",
            "bucket_access.bucket",
            name="bucket",
            kind="bucket",
            description="The bucket whose objects it may read and write.",
        ),
        component_output(
            "container_registry",
            "id",
            "registry_access.repository",
            name="repository",
            kind="registry",
            description="The repository that it may pull images from.",
        ),
        texts(
            "roles",
            "The roles it has in the project.",
            "roles.role",
            default=["roles/aiplatform.user", "roles/logging.logWriter"],
            weakens=_broad,
            check=_roles_problem,
        ),
    ),
    outputs=(
        Output("email", "string", "Its address."),
        Output("service_account", "string", "Its address, as what runs steps takes it."),
        Output("name", "string", "The account's name.", echoes="name"),
        Output("id", "string", "The account's full name."),
    ),
    children=(
        ChildType("account", gcp.ACCOUNT, primary=True),
        ChildType(
            "bucket_access",
            gcp.BUCKET_MEMBER,
            given=("member", "role"),
            made_if=lambda properties: properties.get("bucket") is not None,
        ),
        ChildType(
            "registry_access",
            gcp.REPOSITORY_MEMBER,
            given=("member", "role"),
            made_if=lambda properties: properties.get("repository") is not None,
        ),
        ChildType(
            "roles", gcp.PROJECT_MEMBER, given=("member",), made_if=lambda properties: bool(properties.get("roles"))
        ),
    ),
    identity=("name", "project_id"),
    located_by="name",
)
