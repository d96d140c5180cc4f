"""Owns the making of ``aws.database``: a server whose password AWS makes, keeps and changes, and nobody here sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import rds

from ..component import Component
from .names import part_name
from .tags import tags

if TYPE_CHECKING:
    from ..component import Inputs

_LONGEST = 255
_URLS = {
    "postgres": "postgresql://{user}@{host}:{port}/{database}?sslmode=require",
    "mysql": "mysql://{user}@{host}:{port}/{database}",
}


class Database(Component):
    """A server in RDS and, where subnets are named, the group of them that it is in."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("aws:database", name, inputs, opts)
        subnets = self._subnets(inputs) if inputs.given("subnet_ids") else None
        self.primary = self.server = rds.Instance(
            name,
            identifier=inputs.text("name"),
            engine=inputs.text("engine"),
            engine_version=inputs.optional("engine_version"),
            allow_major_version_upgrade=inputs.flag("allow_major_upgrade"),
            instance_class=inputs.text("size"),
            storage_type="gp3",
            allocated_storage=inputs.number("storage"),
            max_allocated_storage=inputs.number("max_storage") if inputs.given("max_storage") else None,
            storage_encrypted=inputs.flag("encrypted"),
            kms_key_id=inputs.optional("kms_key"),
            db_name=inputs.text("database"),
            username=inputs.text("username"),
            manage_master_user_password=True,
            multi_az=inputs.flag("multi_az"),
            publicly_accessible=inputs.flag("public_access"),
            db_subnet_group_name=None if subnets is None else subnets.name,
            vpc_security_group_ids=inputs.texts("security_group_ids") if inputs.given("security_group_ids") else None,
            backup_retention_period=inputs.number("backup_days"),
            copy_tags_to_snapshot=True,
            deletion_protection=inputs.flag("deletion_protection"),
            skip_final_snapshot=not inputs.flag("final_snapshot"),
            # A snapshot outlives its server, so the next server of the same name needs another name for its own.
            final_snapshot_identifier=part_name([inputs.text("name"), inputs.creation_id], _LONGEST),
            # What an apply says it did is done, and does not wait for a maintenance window.
            apply_immediately=True,
            tags=tags(inputs),
            opts=self.child(),
        )
        self.gives = {
            "uri": self._uri(inputs),
            "host": self.server.address,
            "port": self.server.port,
            "password_secret": self.server.master_user_secrets.apply(lambda found: found[0].secret_arn),
            "arn": self.server.arn,
            "id": self.server.identifier,
        }

    def _subnets(self, inputs: Inputs) -> rds.SubnetGroup:
        return rds.SubnetGroup(
            f"{self.name}-subnets",
            name=part_name([inputs.text("name"), "subnets"], _LONGEST),
            description="Where the database may be.",
            subnet_ids=inputs.texts("subnet_ids"),
            tags=tags(inputs),
            opts=self.child(),
        )

    def _uri(self, inputs: Inputs) -> pulumi.Output[str]:
        """The URL without the password: it changes by itself, so one that is written down would soon be wrong."""
        return pulumi.Output.all(
            engine=inputs.text("engine"),
            user=inputs.text("username"),
            host=self.server.address,
            port=self.server.port,
            database=inputs.text("database"),
        ).apply(
            lambda found: _URLS[found["engine"]].format(
                user=found["user"], host=found["host"], port=int(found["port"]), database=found["database"]
            )
        )
