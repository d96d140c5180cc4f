"""Owns the stand-in for ``aws:eks/cluster:Cluster``: versions one by one, protected, after its node groups."""

from __future__ import annotations

import hashlib
from typing import Any

from botocore.exceptions import ClientError

from tests.emulation.plugin import diffing
from tests.emulation.plugin.aws import notes, questions, references, tagging
from tests.emulation.plugin.aws.account import code
from tests.emulation.plugin.aws.resource import Resource
from tests.emulation.plugin.aws.rules import Part, Rules
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties, State

ABSENT = "ResourceNotFoundException"
VERSIONS = tuple(f"1.{minor}" for minor in range(29, 36))
LATEST = VERSIONS[-1]
LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
MODES = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
"""A cluster goes from one to the next, and never back."""
NETWORKING = {"endpointPrivateAccess": False, "endpointPublicAccess": True, "securityGroupIds": []}
ACCESS = {"authenticationMode": MODES[0], "bootstrapClusterCreatorAdminPermissions": True}
ZONES = 2


def _networking(given: Properties) -> Properties:
    """``vpcConfig`` with what goes without saying, its sets in order."""
    return {name: sorted(item) if isinstance(item, list) else item for name, item in {**NETWORKING, **given}.items()}


def _access(given: Properties) -> Properties:
    return {**ACCESS, **given}


def _networking_problem(given: Properties) -> str | None:
    reached = _networking(given)
    if not reached["endpointPrivateAccess"] and not reached["endpointPublicAccess"]:
        return "Private and public access cannot both be disabled"
    return None


def _access_problem(given: Properties) -> str | None:
    return questions.one_of(*MODES)(_access(given)["authenticationMode"])


def _services_problem(given: Properties) -> str | None:
    problem = questions.network(12, 24)(given["serviceIpv4Cidr"])
    private = str(given["serviceIpv4Cidr"]).startswith(("10.", "172.", "192.168."))
    return problem or (None if private else f"{given['serviceIpv4Cidr']} is not private")


def _encryption_problem(given: Properties) -> str | None:
    if given["resources"] != ["secrets"]:
        return f"secrets is what can be encrypted, got {given['resources']}"
    return None if set(given["provider"]) == {"keyArn"} else "the provider has a keyArn, and nothing else"


def _logs_problem(given: list[str]) -> str | None:
    return None if set(given) <= set(LOGS) else f"expected some of {LOGS}, got {given}"


class Cluster(Resource):
    """A control plane."""

    service = "eks"
    named_by = "name"
    rules = Rules(
        known=frozenset(
            {
                "name",
                "roleArn",
                "vpcConfig",
                "version",
                "accessConfig",
                "kubernetesNetworkConfig",
                "encryptionConfig",
                "enabledClusterLogTypes",
                "deletionProtection",
                "tags",
            }
        ),
        required=("roleArn", "vpcConfig"),
        replacing=(
            "name",
            "roleArn",
            "accessConfig.bootstrapClusterCreatorAdminPermissions",
            "kubernetesNetworkConfig.serviceIpv4Cidr",
        ),
        name_input="name",
        name_pattern=r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}",
        questions={
            "version": questions.one_of(*VERSIONS),
            "vpcConfig": _networking_problem,
            "accessConfig": _access_problem,
            "kubernetesNetworkConfig": _services_problem,
            "encryptionConfig": _encryption_problem,
            "enabledClusterLogTypes": _logs_problem,
        },
        parts={
            "vpcConfig": Part(
                frozenset({"subnetIds", "securityGroupIds", "endpointPrivateAccess", "endpointPublicAccess"}),
                ("subnetIds",),
            ),
            "accessConfig": Part(frozenset(ACCESS)),
            "kubernetesNetworkConfig": Part(frozenset({"serviceIpv4Cidr"}), ("serviceIpv4Cidr",)),
            "encryptionConfig": Part(frozenset({"provider", "resources"}), ("provider", "resources")),
        },
        spellings={"vpcConfig": _networking, "accessConfig": _access, "enabledClusterLogTypes": sorted},
    )
    computed = (
        "arn",
        "certificateAuthority",
        "createdAt",
        "endpoint",
        "identities",
        "platformVersion",
        "status",
        "tagsAll",
        "version",
    )

    def diff(self, state: State, news: Properties, ignored: tuple[str, ...]) -> diffing.Difference:
        found = super().diff(state, news, ignored)
        # A cluster whose secrets are encrypted stays so; only another one has them in the open.
        changes = tuple(
            diffing.Change(change.path, change.kind, replaces=True)
            if (change.path, change.kind) == (("encryptionConfig",), diffing.DELETE)
            else change
            for change in found.changes
        )
        kept_name = news.get("name") == state.inputs.get("name") and "name" not in news.get("__defaults", [])
        return diffing.Difference(changes, any(change.replaces for change in changes) and kept_name)

    def make(self, inputs: Properties) -> str:
        region = self.region(inputs)
        references.check_role(self.account, inputs["roleArn"], "eks.amazonaws.com")
        self._check_surroundings(inputs)
        remembered = notes.written(
            version=inputs.get("version", LATEST),
            accessConfig=_access(inputs.get("accessConfig", {})),
            encryptionConfig=inputs.get("encryptionConfig"),
            deletionProtection=bool(inputs.get("deletionProtection")),
        )
        services = inputs.get("kubernetesNetworkConfig")
        self.client(region).create_cluster(
            name=inputs["name"],
            roleArn=inputs["roleArn"],
            resourcesVpcConfig=_networking(inputs["vpcConfig"]),
            logging=_logging(inputs),
            version=inputs.get("version", LATEST),
            tags={**(inputs.get("tags") or {}), **remembered},
            **({"kubernetesNetworkConfig": services} if services else {}),
        )
        return str(inputs["name"])

    def change(self, state: State, news: Properties) -> None:
        client, before = self.client(self.region(news)), state.outputs
        for reason in _steps(before, news):
            raise RefusedError(f"InvalidParameterException: {reason}")
        self._check_surroundings(news)
        # One thing at a time, as EKS wants it.
        client.update_cluster_config(name=state.id, resourcesVpcConfig=_networking(news["vpcConfig"]))
        client.update_cluster_config(name=state.id, logging=_logging(news))
        remembered = notes.written(
            version=news.get("version", before["version"]),
            accessConfig=_access(news.get("accessConfig", before["accessConfig"])),
            encryptionConfig=news.get("encryptionConfig", before.get("encryptionConfig")),
            deletionProtection=bool(news.get("deletionProtection")),
        )
        if gone := tagging.removed(before.get("tags"), news.get("tags")):
            client.untag_resource(resourceArn=before["arn"], tagKeys=gone)
        client.tag_resource(resourceArn=before["arn"], tags={**(news.get("tags") or {}), **remembered})

    def find(self, identity: str, region: str) -> Properties | None:
        client = self.client(region)
        found = described(client, identity)
        if found is None:
            return None
        tags = client.list_tags_for_resource(resourceArn=found["arn"])["tags"]
        remembered = notes.read(tags)
        made = found["createdAt"].isoformat()
        # The emulator has one issuer for every cluster of a region.
        issuer = hashlib.sha256(f"{found['arn']} {made}".encode()).hexdigest()[:32].upper()
        encryption = remembered.get("encryptionConfig")
        return {
            "name": found["name"],
            "arn": found["arn"],
            "roleArn": found["roleArn"],
            "version": remembered.get("version", found["version"]),
            "platformVersion": found["platformVersion"],
            "status": found["status"],
            "createdAt": made,
            "endpoint": found["endpoint"],
            "certificateAuthority": found["certificateAuthority"],
            "identities": [{"oidcs": [{"issuer": f"https://oidc.eks.{region}.amazonaws.com/id/{issuer}"}]}],
            "vpcConfig": _networking(found["resourcesVpcConfig"]),
            "accessConfig": remembered.get("accessConfig", ACCESS),
            "kubernetesNetworkConfig": {"serviceIpv4Cidr": found["kubernetesNetworkConfig"]["serviceIpv4Cidr"]},
            **({"encryptionConfig": encryption} if encryption else {}),
            "enabledClusterLogTypes": _logs(found["logging"]),
            "deletionProtection": remembered.get("deletionProtection", False),
            **tagging.outputs({name: value for name, value in tags.items() if not name.startswith("aws:")}),
        }

    def remove(self, state: State) -> None:
        region = self.region(state.outputs)
        found = self.find(state.id, region)
        if found is None:
            return
        if found["deletionProtection"]:
            raise RefusedError(
                f"InvalidRequestException: the cluster {state.id} has deletion protection and cannot be deleted"
            )
        self.client(region).delete_cluster(name=state.id)

    def _check_surroundings(self, inputs: Properties) -> None:
        region, network = self.region(inputs), inputs["vpcConfig"]
        references.network_of(self.account, region, network["subnetIds"], network.get("securityGroupIds", []), ZONES)
        if "encryptionConfig" in inputs:
            references.check_key(self.account, region, inputs["encryptionConfig"]["provider"]["keyArn"])


def described(client: Any, name: str) -> dict[str, Any] | None:
    """What EKS says of the cluster ``name``; none when there is none."""
    try:
        return dict(client.describe_cluster(name=name)["cluster"])
    except ClientError as error:
        if code(error) == ABSENT:
            return None
        raise


def minor(version: str) -> int:
    """The second number of a version of Kubernetes."""
    return int(version.partition(".")[2])


def _steps(before: Properties, news: Properties) -> list[str]:
    """What EKS refuses to change in place."""
    steps = []
    old, new = before["version"], news.get("version", before["version"])
    if minor(new) < minor(old):
        steps.append(f"Unsupported Kubernetes minor version update from {old} to {new}: it cannot go back")
    if minor(new) > minor(old) + 1:
        steps.append(f"Unsupported Kubernetes minor version update from {old} to {new}: one at a time")
    mode, wanted = (_access(each.get("accessConfig", {}))["authenticationMode"] for each in (before, news))
    if MODES.index(wanted) < MODES.index(mode):
        steps.append(f"Unsupported authentication mode update from {mode} to {wanted}")
    if before.get("encryptionConfig") and news.get("encryptionConfig") != before["encryptionConfig"]:
        steps.append("the key that encrypts a cluster's secrets cannot be changed")
    return steps


def _logging(inputs: Properties) -> dict[str, Any]:
    wanted = inputs.get("enabledClusterLogTypes", [])
    rest = [name for name in LOGS if name not in wanted]
    sorts = ((sorted(wanted), True), (rest, False))
    return {"clusterLogging": [{"types": types, "enabled": enabled} for types, enabled in sorts if types]}


def _logs(found: dict[str, Any]) -> list[str]:
    return sorted(name for entry in found["clusterLogging"] if entry["enabled"] for name in entry["types"])
