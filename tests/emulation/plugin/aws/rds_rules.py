"""Owns what RDS asks of a server's inputs before one is made or changed, most of which the emulator does not ask."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.emulation.plugin.aws import questions
from tests.emulation.plugin.aws.rules import Rules
from tests.emulation.plugin.handling import Properties
from tests.emulation.plugin.values import UNKNOWN

ENGINES = {"postgres": r"1[3-8](\.\d+)?", "mysql": r"8\.[04](\.\d+)?"}
"""The engines that the stand-in translates, and the versions that there are of each."""
LATEST = {"postgres": "17.4", "mysql": "8.4.5"}
RESERVED = {"postgres": {"admin", "rdsadmin", "rdsrepladmin"}, "mysql": {"rdsadmin", "mysql", "root"}}
DATABASE = {"postgres": r"[A-Za-z][A-Za-z0-9_]{0,62}", "mysql": r"[A-Za-z][A-Za-z0-9_]{0,63}"}
PASSWORD = {"postgres": r'[^/"@ ]{8,128}', "mysql": r'[^/"@ ]{8,41}'}
SNAPSHOT = r"(?!.*--)[A-Za-z](?:[0-9A-Za-z-]{0,253}[0-9A-Za-z])?"
ARN = r"arn:[a-z-]+:[a-z0-9-]+:[^:]*:[^:]*:.+"

RULES = Rules(
    known=frozenset(
        {
            "identifier",
            "engine",
            "engineVersion",
            "allowMajorVersionUpgrade",
            "instanceClass",
            "storageType",
            "allocatedStorage",
            "maxAllocatedStorage",
            "storageEncrypted",
            "kmsKeyId",
            "dbName",
            "username",
            "password",
            "manageMasterUserPassword",
            "multiAz",
            "publiclyAccessible",
            "dbSubnetGroupName",
            "vpcSecurityGroupIds",
            "backupRetentionPeriod",
            "copyTagsToSnapshot",
            "deletionProtection",
            "skipFinalSnapshot",
            "finalSnapshotIdentifier",
            "applyImmediately",
            "tags",
        }
    ),
    required=("instanceClass", "engine", "allocatedStorage", "username"),
    replacing=("engine", "kmsKeyId", "dbName", "storageEncrypted", "username"),
    defaults={"copyTagsToSnapshot": False, "publiclyAccessible": False, "skipFinalSnapshot": False},
    name_input="identifier",
    name_pattern=r"[a-z](?:-?[a-z0-9]){0,62}",
    questions={
        "allocatedStorage": questions.between(20, 65_536),
        "backupRetentionPeriod": questions.between(0, 35),
        "engine": questions.one_of(*ENGINES),
        "finalSnapshotIdentifier": questions.matching(SNAPSHOT),
        "instanceClass": questions.matching(r"db\.[a-z0-9-]+\.[a-z0-9]+"),
        "kmsKeyId": questions.matching(ARN),
        "manageMasterUserPassword": lambda given: None if given else "it is true, or left out",
        "storageType": questions.one_of("gp2", "gp3"),
        "username": questions.matching(r"[A-Za-z][A-Za-z0-9_]{0,15}"),
    },
    spellings={"vpcSecurityGroupIds": sorted},
)


def problems(inputs: Properties) -> Iterator[tuple[str, str]]:
    """What is wrong between one input and another, with the name of the one; values that are not known are passed."""
    if inputs.get("engine") in ENGINES:
        yield from _problems_of_engine(str(inputs["engine"]), inputs)
    if ("password" in inputs) == ("manageMasterUserPassword" in inputs):
        yield "password", "one of password and manageMasterUserPassword is needed, and they exclude each other"
    least, most = _number(inputs, "allocatedStorage"), _number(inputs, "maxAllocatedStorage")
    if most and least and most < least:
        yield "maxAllocatedStorage", f"Max storage size must be greater than storage size: {most} < {least}"
    if "kmsKeyId" in inputs and inputs.get("storageEncrypted") is not True:
        yield "kmsKeyId", "a key encrypts nothing unless storageEncrypted is true"


def steps(before: Properties, after: Properties) -> Iterator[str]:
    """What RDS refuses to change in place."""
    if after["allocatedStorage"] < before["allocatedStorage"]:
        yield f"storage cannot shrink from {before['allocatedStorage']} to {after['allocatedStorage']} GiB"
    old, new = _version(before["engineVersionActual"]), _version(after.get("engineVersion"))
    if new and new < old[: len(new)]:
        yield f"Cannot upgrade {before['engine']} from {before['engineVersionActual']} to {after['engineVersion']}"
    major = 1 if after["engine"] == "postgres" else 2
    if new and new[:major] > old[:major] and not after.get("allowMajorVersionUpgrade"):
        yield "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."
    if not after.get("applyImmediately"):
        yield "the stand-in does not wait for a maintenance window: applyImmediately is needed"


def _problems_of_engine(engine: str, inputs: Properties) -> Iterator[tuple[str, str]]:
    for name, patterns in {"engineVersion": ENGINES, "dbName": DATABASE, "password": PASSWORD}.items():
        value = inputs.get(name, UNKNOWN)
        if value is not UNKNOWN and not re.fullmatch(patterns[engine], str(value)):
            # The value is not told: it may be secret.
            yield name, f"invalid value: must match {patterns[engine]}"
    if inputs.get("username") in RESERVED[engine]:
        yield "username", f"MasterUsername {inputs['username']} is a reserved word used by the engine"


def _number(inputs: Properties, name: str) -> int | None:
    value = inputs.get(name)
    return value if isinstance(value, int) else None


def _version(text: Any) -> tuple[int, ...]:
    return tuple(int(part) for part in str(text).split(".")) if text else ()
