"""Owns the making of ``aws.identity``: a role, who may take it, and what of its stack it may use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_aws import iam

from ..component import Component
from .grants import grants
from .names import part_name
from .policies import document, taken_by_account, taken_by_services
from .tags import tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..component import Inputs

_LONGEST_POLICY_NAME = 128
_GRANTED = ("bucket", "repository", "secret", "database_secret")


class Identity(Component):
    """A role, its own policy, and those that are kept elsewhere and named."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("aws:identity", name, inputs, opts)
        self.primary = self.role = iam.Role(
            name,
            name=inputs.text("name"),
            assume_role_policy=_trust(inputs),
            permissions_boundary=inputs.optional("permissions_boundary"),
            max_session_duration=inputs.number("max_session"),
            tags=tags(inputs),
            opts=self.child(),
        )
        granted = {item: inputs.text(item) for item in _GRANTED if inputs.given(item)}
        if granted:
            iam.RolePolicy(
                f"{name}-grants",
                name=part_name([inputs.text("name"), "grants"], _LONGEST_POLICY_NAME),
                role=self.role.name,
                policy=pulumi.Output.all(**granted).apply(lambda found: document(grants(found))),
                opts=self.child(),
            )
        for policy in inputs.each("policies"):
            # Called by what it attaches, so that the order in which policies are named does not matter.
            part = policy.partition(":policy/")[2].replace("/", "-") if isinstance(policy, str) else "unknown"
            iam.RolePolicyAttachment(f"{name}-policy-{part}", role=self.role.name, policy_arn=policy, opts=self.child())
        self.gives = {
            "arn": self.role.arn,
            "name": self.role.name,
            "service_account": self.role.arn,
            "id": self.role.id,
        }


def _trust(inputs: Inputs) -> pulumi.Output[str]:
    known: dict[str, pulumi.Input[Any]] = {"services": inputs.texts("trusted")}
    if inputs.given("kubernetes_account"):
        known |= {"account": inputs.text("kubernetes_account"), "issuer": inputs.text("oidc_provider")}
    return pulumi.Output.all(**known).apply(_trusting)


def _trusting(known: Mapping[str, Any]) -> str:
    statements = taken_by_services(known["services"])
    if "account" in known:
        namespace, _, account = known["account"].partition("/")
        statements.append(taken_by_account(known["issuer"], namespace, account))
    return document(statements)
