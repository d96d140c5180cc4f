"""Owns the stand-ins for what a role may do: policies of its own, and those that are attached to it."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from tests.emulation.plugin.aws import documents, questions
from tests.emulation.plugin.aws.iam_thing import IamThing
from tests.emulation.plugin.aws.rules import Rules
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties, State

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LONGEST_OF_A_ROLE, MOST_ATTACHED = 10_240, 10


class RolePolicy(IamThing):
    """A policy that one role has and that goes with it."""

    rules = Rules(
        known=frozenset({"name", "role", "policy"}),
        required=("policy", "role"),
        replacing=("name", "role"),
        name_input="name",
        name_pattern=r"[\w+=,.@-]{1,128}",
        regional=False,
        questions={"policy": documents.rights_problem},
        spellings={"policy": documents.normal},
    )

    def identity(self, inputs: Properties) -> str:
        return f"{inputs['role']}:{inputs['name']}"

    def put(self, inputs: Properties) -> None:
        role, name = inputs["role"], inputs["name"]
        others = [other for other in self.iam.list_role_policies(RoleName=role)["PolicyNames"] if other != name]
        sizes = [len(documents.normal(_written(self.iam, role, other))) for other in others]
        if sum(sizes) + len(documents.normal(inputs["policy"])) > LONGEST_OF_A_ROLE:
            raise RefusedError(f"LimitExceeded: Maximum policy size of {LONGEST_OF_A_ROLE} bytes exceeded for {role}")
        self.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=inputs["policy"])

    def look(self, identity: str) -> Properties:
        role, _, name = identity.partition(":")
        return {"role": role, "name": name, "policy": documents.normal(_written(self.iam, role, name))}

    def end(self, state: State) -> None:
        role, _, name = state.id.partition(":")
        self.iam.delete_role_policy(RoleName=role, PolicyName=name)


class RolePolicyAttachment(IamThing):
    """That a role has a policy which is kept elsewhere."""

    rules = Rules(
        known=frozenset({"role", "policyArn"}),
        required=("policyArn", "role"),
        replacing=("role", "policyArn"),
        regional=False,
        always_deletes_first=True,
        questions={"policyArn": questions.matching(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+")},
    )

    def identity(self, inputs: Properties) -> str:
        return f"{inputs['role']}/{inputs['policyArn']}"

    def put(self, inputs: Properties) -> None:
        role = inputs["role"]
        if len({*self._attached(role), inputs["policyArn"]}) > MOST_ATTACHED:
            raise RefusedError(f"LimitExceeded: Cannot exceed quota for PoliciesPerRole: {MOST_ATTACHED}")
        self.iam.attach_role_policy(RoleName=role, PolicyArn=inputs["policyArn"])

    def look(self, identity: str) -> Properties | None:
        role, _, policy = identity.partition("/")
        return {"role": role, "policyArn": policy} if policy in self._attached(role) else None

    def end(self, state: State) -> None:
        role, _, policy = state.id.partition("/")
        self.iam.detach_role_policy(RoleName=role, PolicyArn=policy)

    def _attached(self, role: str) -> list[str]:
        return [item["PolicyArn"] for item in self.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]]


def _written(client: Any, role: str, name: str) -> Any:
    found = client.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    return unquote(found) if isinstance(found, str) else found
