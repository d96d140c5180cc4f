"""Owns the kind ``aws.database``: a PostgreSQL or MySQL server in RDS, encrypted, private, backed up, protected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import (
    flag,
    matching,
    name_property,
    number,
    place_property,
    protection_property,
    tags_property,
    text,
    texts,
)
from flowyml_infra.resources.derivation import FromComponent
from flowyml_infra.resources.facts import aws
from flowyml_infra.resources.kind import Fault, Output
from flowyml_infra.resources.places.aws import REGIONS
from flowyml_infra.resources.transition import ANY_ORDER, STAYS, Transition, goes_back, shrinks, version_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Json, Value

_CLASS = matching(r"db\.[a-z0-9]+\.[a-z0-9]+", "it reads db.FAMILY.SIZE, for example db.t4g.medium")
_DB_NAME = matching(r"[A-Za-z][A-Za-z0-9_]{0,62}", "1 to 63 letters, digits and _ are allowed, a letter first")
_USERNAME = matching(r"[A-Za-z][A-Za-z0-9_]{0,15}", "1 to 16 letters, digits and _ are allowed, a letter first")
_UPGRADES = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Upgrading.html"
_RESIZING = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.ModifyingExisting.html"


def _is_major(before: Json, after: Json, wanted: Mapping[str, Value]) -> bool:
    old, new = version_parts(before), version_parts(after)
    return bool(old and new) and new[0] > old[0] and wanted.get("allow_major_upgrade") is not True


def _few_backups(value: Json) -> str | None:
    return "is 0, so there are no backups" if value == 0 else None


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    size, most = properties.get("storage"), properties.get("max_storage")
    if isinstance(size, int) and isinstance(most, int) and most < size:
        yield Fault("max_storage", f"is {most} GiB, less than storage", f"write at least {size}, or leave it out")
    if properties.get("kms_key") is not None and properties.get("encrypted") is False:
        yield Fault("kms_key", "is named, and encrypted is off", "leave one of the two out")


KIND: Final = cloud_kind(
    "aws.database",
    "A PostgreSQL or MySQL server in RDS.",
    properties=(
        name_property(
            aws.DATABASE_NAME,
            "The server's name; its host begins with it.",
            feeds=("server.identifier", "server.final_snapshot_identifier", "subnets.name"),
        ),
        place_property("region", "The region, for example eu-west-1.", known=REGIONS, feeds=("server.region",)),
        text("engine", "What runs on it.", "server.engine", default="postgres", choices=("postgres", "mysql")),
        text(
            "engine_version",
            "Its version; without one, the cloud's choice.",
            "server.engine_version",
            transitions=(
                STAYS,
                Transition("refuse", goes_back, "cannot go back", "restore a backup into a new server", _UPGRADES),
                Transition(
                    "refuse",
                    _is_major,
                    "is another major version",
                    "set allow_major_upgrade: true if that is meant",
                    _UPGRADES,
                ),
            ),
        ),
        flag(
            "allow_major_upgrade",
            "Let engine_version go to another major version.",
            "server.allow_major_version_upgrade",
            default=False,
            stored=False,
        ),
        text("size", "The class of the machine.", "server.instance_class", default="db.t4g.medium", check=_CLASS),
        number(
            "storage",
            "The size of its disk.",
            "server.allocated_storage",
            unit="GiB",
            bounds=(20, 65_536),
            default=20,
            transitions=(
                Transition("refuse", shrinks, "cannot shrink", "leave it, or move the data to a new server", _RESIZING),
            ),
        ),
        number(
            "max_storage",
            "How far the disk may grow by itself; without it, it does not.",
            "server.max_allocated_storage",
            unit="GiB",
            bounds=(20, 65_536),
        ),
        text("database", "The database that is made on it.", "server.db_name", default="flowyml", check=_DB_NAME),
        text(
            "username",
            "The administrator; the cloud makes, keeps and changes the password.",
            "server.username",
            default="flowyml",
            check=_USERNAME,
        ),
        flag("multi_az", "Keep a standby in another zone.", "server.multi_az", default=False),
        flag(
            "encrypted",
            "Encrypt its disk; can only be chosen when it is made.",
            "server.storage_encrypted",
            default=True,
            weaker="is off, so its disk is readable",
        ),
        text(
            "kms_key",
            "The ARN of the key that encrypts its disk; without one, the account's own.",
            "server.kms_key_id",
            transitions=(STAYS,),
        ),
        flag(
            "public_access",
            "Give it an address on the internet.",
            "server.publicly_accessible",
            default=False,
            weaker="is on, so it can be reached from the internet",
        ),
        number(
            "backup_days",
            "How long backups are kept; 0 makes none.",
            "server.backup_retention_period",
            unit="days",
            bounds=(0, 35),
            default=7,
            weakens=_few_backups,
        ),
        texts(
            "subnet_ids",
            "The subnets it may be in, of two zones at least; without any, the default network's.",
            "subnets.subnet_ids",
            "server.db_subnet_group_name",
            derived=FromComponent("network", "subnet_ids"),
            transitions=(ANY_ORDER,),
        ),
        texts(
            "security_group_ids",
            "The security groups it is in; without any, the network's default one.",
            "server.vpc_security_group_ids",
            derived=FromComponent("network", "security_group_id"),
            transitions=(ANY_ORDER, STAYS),
        ),
        protection_property("Have the cloud refuse to delete it.", feeds=("server.deletion_protection",)),
        flag(
            "final_snapshot",
            "Take a last snapshot before it is deleted.",
            "server.skip_final_snapshot",
            default=True,
            weaker="is off, so a deletion leaves nothing behind",
        ),
        tags_property("aws", feeds=("server.tags", "subnets.tags")),
    ),
    outputs=(
        Output("uri", "string", "The URL as SQLAlchemy takes it, without the password.", follows=("name",)),
        Output("host", "string", "The host.", follows=("name",)),
        Output("port", "integer", "The port."),
        Output(
            "password_secret",
            "string",
            "The ARN of the secret in which the cloud keeps the password, and changes it every week.",
        ),
        Output("arn", "string", "The server's ARN."),
        Output("id", "string", "The server's name."),
    ),
    children=(
        ChildType(
            "server",
            aws.DATABASE,
            primary=True,
            stateful=True,
            given=("manage_master_user_password", "storage_type", "copy_tags_to_snapshot", "apply_immediately"),
        ),
        ChildType(
            "subnets",
            aws.SUBNET_GROUP,
            given=("description",),
            made_if=lambda properties: bool(properties.get("subnet_ids")),
        ),
    ),
    stateful=True,
    identity=("name", "region"),
    check=_check,
)
