"""Owns the kind ``aws.database``: a PostgreSQL or MySQL server in RDS, encrypted, private, backed up, protected."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import (
    name_property,
    place_property,
    protection_property,
    tags_property,
    weaker_if,
)
from flowyml_infra.resources.derivation import FromComponent
from flowyml_infra.resources.facts import aws
from flowyml_infra.resources.kind import Fault, Output
from flowyml_infra.resources.places.aws import REGIONS
from flowyml_infra.resources.property import Property
from flowyml_infra.resources.transition import Transition, goes_back, shrinks, version_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Json, Value

_CLASS = re.compile(r"db\.[a-z0-9]+\.[a-z0-9]+")
_DB_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
_USERNAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,15}")
_UPGRADES = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Upgrading.html"
_RESIZING = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.ModifyingExisting.html"


def _class_problem(value: Json) -> str | None:
    return None if _CLASS.fullmatch(str(value)) else f"is {value!r}; it reads db.FAMILY.SIZE, for example db.t4g.medium"


def _db_name_problem(value: Json) -> str | None:
    text = str(value)
    return (
        None if _DB_NAME.fullmatch(text) else f"is {text!r}; 1 to 63 letters, digits and _ are allowed, a letter first"
    )


def _username_problem(value: Json) -> str | None:
    text = str(value)
    return (
        None if _USERNAME.fullmatch(text) else f"is {text!r}; 1 to 16 letters, digits and _ are allowed, a letter first"
    )


def _is_major(before: Json, after: Json, wanted: Mapping[str, Value]) -> bool:
    old, new = version_parts(before), version_parts(after)
    return bool(old and new) and new[0] > old[0] and wanted.get("allow_major_upgrade") is not True


def _few_backups(value: Json) -> str | None:
    return "is 0, so there are no backups" if value == 0 else None


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    size, most = properties.get("storage"), properties.get("max_storage")
    if isinstance(size, int) and isinstance(most, int) and most < size:
        yield Fault("max_storage", f"is {most} GiB, less than storage", f"write at least {size}, or leave it out")


KIND: Final = cloud_kind(
    "aws.database",
    "A PostgreSQL or MySQL server in RDS.",
    properties=(
        name_property(aws.DATABASE_NAME, "The server's name; its host begins with it.", feeds=("server.identifier",)),
        place_property("region", "The region, for example eu-west-1.", known=REGIONS, feeds=("server.region",)),
        Property(
            "engine",
            "string",
            "What runs on it.",
            default="postgres",
            choices=("postgres", "mysql"),
            feeds=("server.engine",),
            public=True,
        ),
        Property(
            "engine_version",
            "string",
            "Its version; without one, the cloud's choice.",
            feeds=("server.engine_version",),
            transitions=(
                Transition(
                    "refuse",
                    goes_back,
                    "cannot go back",
                    "restore a backup into a new server",
                    _UPGRADES,
                ),
                Transition(
                    "refuse",
                    _is_major,
                    "is another major version",
                    "set allow_major_upgrade: true if that is meant",
                    _UPGRADES,
                ),
            ),
            public=True,
        ),
        Property(
            "allow_major_upgrade",
            "boolean",
            "Let engine_version go to another major version.",
            default=False,
            stored=False,
            feeds=("server.engine_version",),
            public=True,
        ),
        Property(
            "size",
            "string",
            "The class of the machine.",
            default="db.t4g.medium",
            check=_class_problem,
            feeds=("server.instance_class",),
            public=True,
        ),
        Property(
            "storage",
            "integer",
            "The size of its disk.",
            unit="GiB",
            default=20,
            minimum=20,
            maximum=65_536,
            feeds=("server.allocated_storage",),
            transitions=(
                Transition(
                    "refuse",
                    shrinks,
                    "cannot shrink",
                    "leave it, or move the data to a new server",
                    _RESIZING,
                ),
            ),
            public=True,
        ),
        Property(
            "max_storage",
            "integer",
            "How far the disk may grow by itself; without it, it does not.",
            unit="GiB",
            minimum=20,
            maximum=65_536,
            feeds=("server.max_allocated_storage",),
            public=True,
        ),
        Property(
            "database",
            "string",
            "The database that is made on it.",
            default="flowyml",
            check=_db_name_problem,
            feeds=("server.db_name",),
            public=True,
        ),
        Property(
            "username",
            "string",
            "The administrator; the cloud makes and keeps the password.",
            default="flowyml",
            check=_username_problem,
            feeds=("server.username",),
            public=True,
        ),
        Property(
            "multi_az",
            "boolean",
            "Keep a standby in another zone.",
            default=False,
            feeds=("server.multi_az",),
            public=True,
        ),
        Property(
            "encrypted",
            "boolean",
            "Encrypt its disk; can only be chosen when it is made.",
            default=True,
            feeds=("server.storage_encrypted",),
            weakens=weaker_if(bad=False, clause="is off, so its disk is readable"),
            public=True,
        ),
        Property(
            "public_access",
            "boolean",
            "Give it an address on the internet.",
            default=False,
            feeds=("server.publicly_accessible",),
            weakens=weaker_if(bad=True, clause="is on, so it can be reached from the internet"),
            public=True,
        ),
        Property(
            "backup_days",
            "integer",
            "How long backups are kept; 0 makes none.",
            unit="days",
            default=7,
            minimum=0,
            maximum=35,
            feeds=("server.backup_retention_period",),
            weakens=_few_backups,
            public=True,
        ),
        Property(
            "subnet_ids",
            "list",
            "The subnets it may be in, of two zones at least; without any, the default network's.",
            default=[],
            derived=FromComponent("network", "subnet_ids"),
            feeds=("subnets.subnet_ids",),
            public=True,
        ),
        protection_property("Have the cloud refuse to delete it.", feeds=("server.deletion_protection",)),
        Property(
            "final_snapshot",
            "boolean",
            "Take a last snapshot before it is deleted.",
            default=True,
            feeds=("server.skip_final_snapshot",),
            weakens=weaker_if(bad=False, clause="is off, so a deletion leaves nothing behind"),
            public=True,
        ),
        tags_property("aws", feeds=("server.tags",)),
    ),
    outputs=(
        Output("uri", "string", "The URL as SQLAlchemy takes it, with the password.", sensitive=True),
        Output("host", "string", "The host.", follows=("name",)),
        Output("port", "integer", "The port."),
        Output("arn", "string", "The server's ARN."),
        Output("id", "string", "The server's name."),
    ),
    children=(
        ChildType("server", aws.DATABASE, primary=True, stateful=True),
        ChildType("subnets", aws.SUBNET_GROUP, made_if=lambda properties: bool(properties.get("subnet_ids"))),
    ),
    stateful=True,
    identity=("name", "region"),
    check=_check,
)
