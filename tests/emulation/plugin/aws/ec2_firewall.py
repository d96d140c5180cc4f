"""Owns the stand-in for ``aws:ec2/securityGroup:SecurityGroup``: rules are a set, and what is not said is shut."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from tests.emulation.plugin.aws import questions
from tests.emulation.plugin.aws.ec2_routing import in_order
from tests.emulation.plugin.aws.ec2_thing import Thing, describe, refuse_if
from tests.emulation.plugin.aws.rules import Part, Rules
from tests.emulation.plugin.handling import Properties, State

NAME = r"(?!sg-)(?!default$)[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}"
ALL = "-1"
FIELDS = Part(
    frozenset({"protocol", "fromPort", "toPort", "self", "cidrBlocks", "securityGroups", "description"}),
    ("protocol", "fromPort", "toPort"),
)
_CIDR = questions.network(0, 32)


class Opening(NamedTuple):
    """One peer that may talk over some ports: what a rule with several peers stands for several of."""

    protocol: str
    first: int
    last: int
    description: str
    peer: str

    def permission(self) -> dict[str, Any]:
        """As the API takes it."""
        told = {"Description": self.description} if self.description else {}
        peers: dict[str, Any] = (
            {"UserIdGroupPairs": [{"GroupId": self.peer, **told}]}
            if self.peer.startswith("sg-")
            else {"IpRanges": [{"CidrIp": self.peer, **told}]}
        )
        ports = {} if self.protocol == ALL else {"FromPort": self.first, "ToPort": self.last}
        return {"IpProtocol": self.protocol, **ports, **peers}


def openings(rules: Iterable[Properties], own: str) -> set[Opening]:
    """What ``rules`` open; ``own`` is the id of the group that they are of."""
    return {
        Opening(rule["protocol"], rule["fromPort"], rule["toPort"], rule.get("description", ""), peer)
        for rule in rules
        for peer in [
            *rule.get("cidrBlocks", []),
            *rule.get("securityGroups", []),
            *([own] if rule.get("self") else []),
        ]
    }


def spelled(rules: list[Properties]) -> list[Properties]:
    """The one spelling of ``rules``: those that differ in their peers alone are one."""
    return _ruled(openings(rules, ""), "")


def _ruled(opened: set[Opening], own: str) -> list[Properties]:
    merged: dict[tuple[Any, ...], Properties] = {}
    for opening in sorted(opened):
        *ports, description, peer = opening
        rule = merged.setdefault(
            (*ports, description), {"protocol": ports[0], "fromPort": ports[1], "toPort": ports[2]}
        )
        if description:
            rule["description"] = description
        if peer == own:
            rule["self"] = True
        else:
            rule.setdefault("securityGroups" if peer.startswith("sg-") else "cidrBlocks", []).append(peer)
    return in_order(list(merged.values()))


def _problem(rules: list[Properties]) -> str | None:
    for rule in rules:
        if rule["protocol"] == ALL and (rule["fromPort"], rule["toPort"]) != (0, 0):
            return "from_port and to_port must both be 0 to use the 'ALL' \"-1\" protocol"
        wrong = next((answer for block in rule.get("cidrBlocks", []) if (answer := _CIDR(block))), None)
        if wrong:
            return wrong
        if not openings([rule], "itself"):
            return f"a rule names whom it is for: {rule}"
    return None


class SecurityGroup(Thing):
    """A firewall around its members. What AWS opens to a new one by itself is closed again, as the provider does."""

    sort = "security-group"
    asked = ("describe_security_groups", "GroupIds", "SecurityGroups")
    rules = Rules(
        known=frozenset({"name", "description", "vpcId", "ingress", "egress", "revokeRulesOnDelete", "tags"}),
        replacing=("name", "description", "vpcId"),
        defaults={"description": "Managed by Pulumi", "revokeRulesOnDelete": False},
        name_input="name",
        name_pattern=NAME,
        questions={
            "description": questions.matching(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}"),
            "ingress": _problem,
            "egress": _problem,
        },
        parts={"ingress": FIELDS, "egress": FIELDS},
        spellings={"ingress": spelled, "egress": spelled},
    )
    computed = ("arn", "ownerId", "tagsAll", "vpcId", "ingress", "egress")
    unread = frozenset({"revokeRulesOnDelete"})

    def begin(self, client: Any, inputs: Properties, tagged: Properties) -> str:
        place = {"VpcId": inputs["vpcId"]} if "vpcId" in inputs else {}
        asked = {"GroupName": inputs["name"], "Description": inputs["description"]}
        return str(client.create_security_group(**asked, **place, **tagged)["GroupId"])

    def finish(self, identity: str, inputs: Properties) -> None:
        # No rules are no rules, when the group is new.
        super().finish(identity, {"ingress": [], "egress": [], **inputs})

    def settle(self, client: Any, identity: str, inputs: Properties) -> None:
        found = describe(client, self.asked, identity) or {}
        for way, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
            if way not in inputs:
                continue
            there, wanted = _opened(found.get(key, [])), openings(inputs[way], identity)
            for call, several in (("revoke", there - wanted), ("authorize", wanted - there)):
                if several:
                    permissions = [opening.permission() for opening in sorted(several)]
                    getattr(client, f"{call}_security_group_{way}")(GroupId=identity, IpPermissions=permissions)

    def shown(self, client: Any, found: dict[str, Any]) -> Properties:
        return {
            "name": found["GroupName"],
            "description": found["Description"],
            "vpcId": found["VpcId"],
            "ingress": _ruled(_opened(found["IpPermissions"]), found["GroupId"]),
            "egress": _ruled(_opened(found["IpPermissionsEgress"]), found["GroupId"]),
        }

    def end(self, client: Any, state: State) -> None:
        members = client.describe_network_interfaces(Filters=[{"Name": "group-id", "Values": [state.id]}])
        others = [
            group for group in client.describe_security_groups()["SecurityGroups"] if group["GroupId"] != state.id
        ]
        named = [
            group
            for group in others
            for opening in _opened([*group["IpPermissions"], *group["IpPermissionsEgress"]])
            if opening.peer == state.id
        ]
        refuse_if(
            [*members["NetworkInterfaces"], *named],
            "DependencyViolation",
            f"resource {state.id} has a dependent object",
        )
        client.delete_security_group(GroupId=state.id)


def _opened(permissions: Iterable[dict[str, Any]]) -> set[Opening]:
    return {
        Opening(
            item["IpProtocol"],
            item.get("FromPort", 0) if item["IpProtocol"] != ALL else 0,
            item.get("ToPort", 0) if item["IpProtocol"] != ALL else 0,
            peer.get("Description", ""),
            peer.get("CidrIp") or peer["GroupId"],
        )
        for item in permissions
        for peer in [*item.get("IpRanges", []), *item.get("UserIdGroupPairs", [])]
    }
