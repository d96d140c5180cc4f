"""Owns the stand-in for ``aws:rds/instance:Instance``: a server that is not deleted by the way, nor without a copy."""

from __future__ import annotations

import json
import re
import secrets
import string
import uuid
from typing import Any

from botocore.exceptions import ClientError

from tests.emulation.plugin import diffing, values
from tests.emulation.plugin.aws import notes, rds_rules, rds_server, references, tagging
from tests.emulation.plugin.aws.account import code
from tests.emulation.plugin.aws.resource import Resource
from tests.emulation.plugin.failures import CheckFailure, RefusedError
from tests.emulation.plugin.handling import Asked, Checked, Properties, State

ABSENT = {"DBInstanceNotFound", "DBInstanceNotFoundFault"}
IDENTITY = r"db-[A-Z2-7]{26}"
LETTERS = string.ascii_uppercase + "234567"
SPELLED = {
    "instanceClass": "DBInstanceClass",
    "engineVersion": "EngineVersion",
    "storageType": "StorageType",
    "allocatedStorage": "AllocatedStorage",
    "multiAz": "MultiAZ",
    "publiclyAccessible": "PubliclyAccessible",
    "backupRetentionPeriod": "BackupRetentionPeriod",
    "copyTagsToSnapshot": "CopyTagsToSnapshot",
    "deletionProtection": "DeletionProtection",
}
"""Inputs that are read and written under one name each, at any time."""
FOR_EVER = {
    "engine": "Engine",
    "username": "MasterUsername",
    "dbName": "DBName",
    "storageEncrypted": "StorageEncrypted",
}
ONLY_WRITTEN = {
    "vpcSecurityGroupIds": "VpcSecurityGroupIds",
    "dbSubnetGroupName": "DBSubnetGroupName",
    "maxAllocatedStorage": "MaxAllocatedStorage",
    "password": "MasterUserPassword",
}


class Instance(Resource):
    """A server. Its id is one that AWS makes up, since its name can change; it is found by both."""

    service = "rds"
    named_by = ""
    rules = rds_rules.RULES
    computed = (
        "arn",
        "address",
        "availabilityZone",
        "endpoint",
        "engineVersion",
        "engineVersionActual",
        "hostedZoneId",
        "kmsKeyId",
        "masterUserSecrets",
        "port",
        "resourceId",
        "status",
        "tagsAll",
        "vpcSecurityGroupIds",
    )
    unread = frozenset(
        {"allowMajorVersionUpgrade", "applyImmediately", "finalSnapshotIdentifier", "password", "skipFinalSnapshot"}
    )

    def check(self, asked: Asked) -> Checked:
        checked = super().check(asked)
        found = [CheckFailure(name, reason) for name, reason in rds_rules.problems(checked.inputs)]
        return Checked(checked.inputs, (*checked.failures, *found))

    def diff(self, state: State, news: Properties, ignored: tuple[str, ...]) -> diffing.Difference:
        has, wanted = state.outputs.get("allocatedStorage"), news.get("allocatedStorage")
        if news.get("maxAllocatedStorage") and isinstance(has, int) and isinstance(wanted, int) and has > wanted:
            # The disk has grown by itself.
            news = {**news, "allocatedStorage": has}
        return super().diff(state, news, ignored)

    def make(self, inputs: Properties) -> str:
        region = self.region(inputs)
        self._check_surroundings(inputs)
        identity = "db-" + "".join(secrets.choice(LETTERS) for _ in range(26))
        tags = {**(inputs.get("tags") or {}), **notes.written(identity=identity)}
        arguments = _spelled(inputs, {**SPELLED, **FOR_EVER, **ONLY_WRITTEN, "kmsKeyId": "KmsKeyId"})
        self.client(region).create_db_instance(
            DBInstanceIdentifier=inputs["identifier"],
            **{"EngineVersion": rds_rules.LATEST[inputs["engine"]], **arguments},
            **({"ManageMasterUserPassword": True} if inputs.get("manageMasterUserPassword") else {}),
            Tags=tagging.pairs(tags),
        )
        return identity

    def finish(self, identity: str, inputs: Properties) -> None:
        if inputs["engine"] != "postgres" or rds_server.endpoint() is None:
            return
        region = self.region(inputs)
        found = self._described(self.client(region), identity)
        assert found is not None
        rds_server.make(found, inputs.get("password") or self._made_up(found, region))

    def change(self, state: State, news: Properties) -> None:
        for reason in rds_rules.steps(state.outputs, news):
            raise RefusedError(f"InvalidParameterCombination: {reason}")
        client = self.client(self.region(news))
        self._check_surroundings(news)
        arguments = _spelled(news, {**SPELLED, **ONLY_WRITTEN})
        # Without a limit the disk does not grow by itself, which is said with the size that it has.
        arguments.setdefault("MaxAllocatedStorage", news["allocatedStorage"])
        if news.get("manageMasterUserPassword") and not state.outputs.get("masterUserSecrets"):
            arguments["ManageMasterUserPassword"] = True
        elif "password" in news and state.outputs.get("masterUserSecrets"):
            arguments["ManageMasterUserPassword"] = False
        old = self._described(client, state.id)
        if old is None:
            raise RefusedError(f"DBInstanceNotFound: DBInstance {state.id} not found.")
        if old["DBInstanceIdentifier"] != news["identifier"]:
            arguments["NewDBInstanceIdentifier"] = news["identifier"]
        client.modify_db_instance(
            DBInstanceIdentifier=old["DBInstanceIdentifier"],
            AllowMajorVersionUpgrade=bool(news.get("allowMajorVersionUpgrade")),
            ApplyImmediately=True,
            **arguments,
        )
        self._tag(client, state, news)

    def find(self, identity: str, region: str) -> Properties | None:
        client = self.client(region)
        found = self._described(client, identity)
        if found is None:
            return None
        tags = _tags(found)
        server = notes.read(tags).get("identity", found["DbiResourceId"])
        secret, endpoint = found.get("MasterUserSecret"), found["Endpoint"]
        real = rds_server.endpoint() if found["Engine"] == "postgres" else None
        address, port = real or (endpoint["Address"], endpoint["Port"])
        key = found.get("KmsKeyId") if found["StorageEncrypted"] else None
        group = found.get("DBSubnetGroup", {}).get("DBSubnetGroupName")
        return {
            **{name: found[spelled] for name, spelled in {**SPELLED, **FOR_EVER}.items() if spelled in found},
            "identifier": found["DBInstanceIdentifier"],
            "resourceId": server,
            "arn": found["DBInstanceArn"],
            "engineVersionActual": found["EngineVersion"],
            "availabilityZone": found["AvailabilityZone"],
            "address": address,
            "port": port,
            "endpoint": f"{address}:{port}",
            "hostedZoneId": "Z29XKXDKYMONMX",
            "status": found["DBInstanceStatus"],
            "maxAllocatedStorage": found.get("MaxAllocatedStorage", 0),
            "vpcSecurityGroupIds": sorted(item["VpcSecurityGroupId"] for item in found["VpcSecurityGroups"]),
            **({"dbSubnetGroupName": group} if group else {}),
            **({"kmsKeyId": key if str(key).startswith("arn:") else self._own_key(region)} if key else {}),
            **({"manageMasterUserPassword": True} if secret else {}),
            "masterUserSecrets": [_secret(secret)] if secret else [],
            **tagging.outputs(tagging.mapped(found["TagList"])),
        }

    def read(self, state: State) -> Any:
        made = super().read(state)
        if made is None:
            return None
        # What was asked for by its name has its own id from here on.
        return type(made)(made.outputs["resourceId"], made.outputs, made.inputs)

    def remove(self, state: State) -> None:
        client = self.client(self.region(state.outputs))
        found = self._described(client, state.id)
        if found is None:
            return
        name, copy = found["DBInstanceIdentifier"], state.outputs.get("finalSnapshotIdentifier")
        if state.outputs.get("skipFinalSnapshot"):
            client.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
        elif copy:
            client.delete_db_instance(DBInstanceIdentifier=name, FinalDBSnapshotIdentifier=copy)
        else:
            raise RefusedError(
                f"deleting RDS DB Instance ({name}): final_snapshot_identifier is required when skip_final_snapshot is "
                "false"
            )
        if found["Engine"] == "postgres" and rds_server.endpoint() is not None:
            rds_server.remove(found)

    def secret_paths(self, outputs: Properties) -> frozenset[values.Path]:
        return frozenset({("password",)} if "password" in outputs else ())

    def _described(self, client: Any, identity: str) -> dict[str, Any] | None:
        if re.fullmatch(IDENTITY, identity):
            servers = client.describe_db_instances()["DBInstances"]
            return next((item for item in servers if notes.read(_tags(item)).get("identity") == identity), None)
        try:
            return dict(client.describe_db_instances(DBInstanceIdentifier=identity)["DBInstances"][0])
        except ClientError as error:
            if code(error) in ABSENT:
                return None
            raise

    def _check_surroundings(self, inputs: Properties) -> None:
        """The class, the key, the subnets and the security groups have to be there, and in one network."""
        region = self.region(inputs)
        references.machine_types(self.account, region, [str(inputs["instanceClass"]).removeprefix("db.")])
        if "kmsKeyId" in inputs:
            references.check_key(self.account, region, inputs["kmsKeyId"])
        if "dbSubnetGroupName" in inputs:
            asked = {"DBSubnetGroupName": inputs["dbSubnetGroupName"]}
            (group,) = self.client(region).describe_db_subnet_groups(**asked)["DBSubnetGroups"]
            subnets = [subnet["SubnetIdentifier"] for subnet in group["Subnets"]]
            references.network_of(self.account, region, subnets, inputs.get("vpcSecurityGroupIds", []))

    def _made_up(self, found: dict[str, Any], region: str) -> str:
        """The password that RDS made up and keeps."""
        arn = found["MasterUserSecret"]["SecretArn"]
        kept = self.account.client("secretsmanager", region).get_secret_value(SecretId=arn)
        return str(json.loads(kept["SecretString"])["password"])

    def _own_key(self, region: str) -> str:
        """The ARN of the key that RDS takes when none is named."""
        return f"arn:aws:kms:{region}:{self.account.number(region)}:key/{uuid.uuid5(uuid.NAMESPACE_DNS, region)}"

    def _tag(self, client: Any, state: State, news: Properties) -> None:
        found = self._described(client, state.id)
        assert found is not None
        arn = {"ResourceName": found["DBInstanceArn"]}
        if gone := tagging.removed(state.outputs.get("tags"), news.get("tags")):
            client.remove_tags_from_resource(**arn, TagKeys=gone)
        if news.get("tags"):
            client.add_tags_to_resource(**arn, Tags=tagging.pairs(news["tags"]))


def _spelled(inputs: Properties, names: dict[str, str]) -> dict[str, Any]:
    return {spelled: inputs[name] for name, spelled in names.items() if name in inputs}


def _tags(found: dict[str, Any]) -> dict[str, str]:
    return {pair["Key"]: pair["Value"] for pair in found.get("TagList", [])}


def _secret(found: dict[str, Any]) -> dict[str, str]:
    """Where the password is, and not what it is."""
    return {
        "secretArn": found["SecretArn"],
        # The emulator tells of the first moment, which the official plugin waits for the end of.
        "secretStatus": "active",
        "kmsKeyId": found["KmsKeyId"],
    }
