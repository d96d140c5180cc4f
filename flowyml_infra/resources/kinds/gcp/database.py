"""Owns the kind ``gcp.database``: a PostgreSQL or MySQL server in Cloud SQL, private, backed up and protected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import (
    component_output,
    flag,
    matching,
    name_property,
    number,
    place_property,
    protection_property,
    tags_property,
    text,
)
from flowyml_infra.resources.facts import gcp_compute as facts
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.places.gcp import REGIONS
from flowyml_infra.resources.transition import Transition, changes, goes_back, is_removed, shrinks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.values import Json, Value

_SOURCE = "terraform-provider-google sql/resource_sql_database_instance.go"
_TIER = matching(r"db-[a-z0-9-]+", "it reads db-FAMILY-SIZE, for example db-custom-2-7680")
_WORD = matching(r"[A-Za-z_][A-Za-z0-9_-]{0,62}", "1 to 63 letters, digits, _ and - are allowed, a letter first")
_VERSION = matching(r"\d{1,2}(\.\d)?", 'it reads "16" or "8.0", in quotes')


def _is_made_smaller(before: Json, after: Json, wanted: Mapping[str, Value]) -> bool:
    return shrinks(before, after, wanted) and wanted.get("auto_grow") is False


def _is_ignored(before: Json, after: Json, wanted: Mapping[str, Value]) -> bool:
    return shrinks(before, after, wanted) and wanted.get("auto_grow") is not False


def _few_backups(value: Json) -> str | None:
    return "is 0, so there are no backups" if value == 0 else None


KIND: Final = cloud_kind(
    "gcp.database",
    "A PostgreSQL or MySQL server in Cloud SQL.",
    properties=(
        name_property(
            facts.DATABASE_NAME,
            "The server's name; a week has to pass before another can have it.",
            feeds=("server.name",),
        ),
        place_property("region", "The region, for example europe-west1.", known=REGIONS, feeds=("server.region",)),
        place_property("project_id", "The project.", feeds=("server.project",)),
        text(
            "engine",
            "What runs on it.",
            "server.database_version",
            default="postgres",
            choices=("postgres", "mysql"),
            transitions=(Transition("replace", changes, "is another engine", source=_SOURCE),),
        ),
        text(
            "engine_version",
            "Its version, in quotes.",
            "server.database_version",
            default="16",
            check=_VERSION,
            transitions=(
                Transition("refuse", goes_back, "cannot go back", "restore a backup into a new server", _SOURCE),
            ),
        ),
        text("size", "The tier of the machine.", "server.settings.tier", default="db-custom-2-7680", check=_TIER),
        number(
            "storage",
            "The size of its disk.",
            "server.settings.disk_size",
            unit="GiB",
            bounds=(10, 65_536),
            default=20,
            transitions=(
                Transition("replace", _is_made_smaller, "shrinks", source=_SOURCE),
                Transition(
                    "refuse", _is_ignored, "cannot shrink", "leave it, or move the data to a new server", _SOURCE
                ),
            ),
        ),
        flag("auto_grow", "Let the disk grow by itself.", "server.settings.disk_autoresize", default=True),
        flag("multi_zone", "Keep a standby in another zone.", "server.settings.availability_type", default=False),
        flag(
            "public_access",
            "Give it an address on the internet.",
            "server.settings.ip_configuration",
            default=False,
            weaker="is on, so it can be reached from the internet",
        ),
        component_output(
            "network",
            "network",
            "server.settings.ip_configuration.private_network",
            name="network",
            kind="network",
            description="The network that it is in.",
            transitions=(Transition("replace", is_removed, "cannot be taken away", source=_SOURCE),),
        ),
        number(
            "backup_days",
            "How long backups are kept; 0 makes none.",
            "server.settings.backup_configuration",
            unit="days",
            bounds=(0, 365),
            default=7,
            weakens=_few_backups,
        ),
        text("database", "The database that is made on it.", "database.name", default="flowyml", check=_WORD),
        text(
            "username",
            "Who owns the database; the password is made up and kept as a secret.",
            "user.name",
            default="flowyml",
            check=_WORD,
        ),
        text("kms_key", "The key that encrypts its disk; without one, the cloud's own.", "server.encryption_key_name"),
        protection_property(
            "Have the cloud refuse to delete it.",
            feeds=("server.deletion_protection", "server.settings.deletion_protection_enabled"),
        ),
        tags_property("gcp", feeds=("server.settings.user_labels",), name="labels"),
    ),
    outputs=(
        Output("uri", "string", "The URL as SQLAlchemy takes it, with the password.", sensitive=True),
        Output("host", "string", "Its address."),
        Output("port", "integer", "The port."),
        Output("connection_name", "string", "PROJECT:REGION:NAME, as Cloud SQL's own clients take it."),
        Output("name", "string", "The server's name.", echoes="name"),
        Output("id", "string", "The server's name."),
    ),
    children=(
        ChildType("server", facts.DATABASE, primary=True, stateful=True),
        ChildType("database", facts.DATABASE_ON_SERVER, stateful=True, given=("instance",)),
        ChildType("user", facts.DATABASE_USER, given=("instance", "password")),
    ),
    stateful=True,
    identity=("name", "project_id"),
)
