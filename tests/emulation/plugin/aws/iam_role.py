"""Owns the stand-ins for roles in IAM and the profiles that machines take them by."""

from __future__ import annotations

from urllib.parse import unquote

from tests.emulation.plugin.aws import documents, questions, tagging
from tests.emulation.plugin.aws.iam_thing import PATH, IamThing
from tests.emulation.plugin.aws.rules import Rules
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties, State

LONGEST_TRUST = 2048


def _trust_problem(document: object) -> str | None:
    # A policy counts without its spaces: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    return documents.trust_problem(document) or questions.at_most(LONGEST_TRUST)("".join(str(document).split()))


class Role(IamThing):
    """A role. Its policies are resources of their own: the inline inputs are not translated."""

    sort, argument = "role", "RoleName"
    rules = Rules(
        known=frozenset(
            {
                "name",
                "path",
                "description",
                "assumeRolePolicy",
                "maxSessionDuration",
                "permissionsBoundary",
                "forceDetachPolicies",
                "tags",
            }
        ),
        required=("assumeRolePolicy",),
        replacing=("name", "path"),
        defaults={"path": "/", "maxSessionDuration": 3600, "forceDetachPolicies": False},
        name_input="name",
        name_pattern=r"[\w+=,.@-]{1,64}",
        regional=False,
        questions={
            "path": questions.matching(PATH),
            "description": questions.at_most(1000),
            "assumeRolePolicy": _trust_problem,
            "maxSessionDuration": questions.between(3600, 43_200),
        },
        spellings={"assumeRolePolicy": documents.normal},
    )
    computed = ("arn", "uniqueId", "createDate", "tagsAll")
    unread = frozenset({"forceDetachPolicies"})

    def make(self, inputs: Properties) -> str:
        name = inputs["name"]
        roles = (role for page in self.iam.get_paginator("list_roles").paginate() for role in page["Roles"])
        if name.lower() in {role["RoleName"].lower() for role in roles}:
            # The emulator tells names apart by their case.
            raise RefusedError(
                f"creating IAM Role ({name}): EntityAlreadyExists: Role with name {name} already exists."
            )
        self._check_boundary(inputs)
        boundary = inputs.get("permissionsBoundary")
        self.iam.create_role(
            RoleName=name,
            Path=inputs["path"],
            Description=inputs.get("description", ""),
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            MaxSessionDuration=inputs["maxSessionDuration"],
            Tags=tagging.pairs(inputs.get("tags")),
            **({"PermissionsBoundary": boundary} if boundary else {}),
        )
        return str(name)

    def change(self, state: State, news: Properties) -> None:
        name = {"RoleName": state.id}
        self._check_boundary(news)
        self.iam.update_assume_role_policy(**name, PolicyDocument=news["assumeRolePolicy"])
        self.iam.update_role(
            **name, Description=news.get("description", ""), MaxSessionDuration=news["maxSessionDuration"]
        )
        if news.get("permissionsBoundary"):
            self.iam.put_role_permissions_boundary(**name, PermissionsBoundary=news["permissionsBoundary"])
        elif state.outputs.get("permissionsBoundary"):
            self.iam.delete_role_permissions_boundary(**name)
        self.tag(state, news)

    def look(self, identity: str) -> Properties:
        found = self.iam.get_role(RoleName=identity)["Role"]
        trust = found["AssumeRolePolicyDocument"]
        boundary = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        return {
            "name": found["RoleName"],
            "path": found["Path"],
            "description": found.get("Description", ""),
            "assumeRolePolicy": documents.normal(unquote(trust) if isinstance(trust, str) else trust),
            "maxSessionDuration": found["MaxSessionDuration"],
            "arn": found["Arn"],
            "uniqueId": found["RoleId"],
            "createDate": found["CreateDate"].isoformat(),
            **({"permissionsBoundary": boundary} if boundary else {}),
            **tagging.outputs(tagging.mapped(found.get("Tags"))),
        }

    def end(self, state: State) -> None:
        name = {"RoleName": state.id}
        for profile in self.iam.list_instance_profiles_for_role(**name)["InstanceProfiles"]:
            self.iam.remove_role_from_instance_profile(**name, InstanceProfileName=profile["InstanceProfileName"])
        if state.outputs.get("forceDetachPolicies"):
            for policy in self.iam.list_attached_role_policies(**name)["AttachedPolicies"]:
                self.iam.detach_role_policy(**name, PolicyArn=policy["PolicyArn"])
            for policy in self.iam.list_role_policies(**name)["PolicyNames"]:
                self.iam.delete_role_policy(**name, PolicyName=policy)
        self.iam.delete_role(**name)

    def _check_boundary(self, inputs: Properties) -> None:
        if inputs.get("permissionsBoundary"):
            self.iam.get_policy(PolicyArn=inputs["permissionsBoundary"])


class InstanceProfile(IamThing):
    """By which machines take one role."""

    sort, argument = "instance_profile", "InstanceProfileName"
    rules = Rules(
        known=frozenset({"name", "path", "role", "tags"}),
        replacing=("name", "path"),
        defaults={"path": "/"},
        name_input="name",
        name_pattern=r"[\w+=,.@-]{1,128}",
        regional=False,
        questions={"path": questions.matching(PATH)},
    )
    computed = ("arn", "uniqueId", "createDate", "tagsAll")

    def make(self, inputs: Properties) -> str:
        self.iam.create_instance_profile(
            InstanceProfileName=inputs["name"], Path=inputs["path"], Tags=tagging.pairs(inputs.get("tags"))
        )
        return str(inputs["name"])

    def finish(self, identity: str, inputs: Properties) -> None:
        if inputs.get("role"):
            self.iam.add_role_to_instance_profile(InstanceProfileName=identity, RoleName=inputs["role"])

    def change(self, state: State, news: Properties) -> None:
        if state.outputs.get("role") != news.get("role"):
            self._leave(state.id)
            self.finish(state.id, news)
        self.tag(state, news)

    def look(self, identity: str) -> Properties:
        found = self.iam.get_instance_profile(InstanceProfileName=identity)["InstanceProfile"]
        roles = [role["RoleName"] for role in found["Roles"]]
        return {
            "name": found["InstanceProfileName"],
            "path": found["Path"],
            "arn": found["Arn"],
            "uniqueId": found["InstanceProfileId"],
            "createDate": found["CreateDate"].isoformat(),
            **({"role": roles[0]} if roles else {}),
            **tagging.outputs(tagging.mapped(found.get("Tags"))),
        }

    def end(self, state: State) -> None:
        self._leave(state.id)
        self.iam.delete_instance_profile(InstanceProfileName=state.id)

    def _leave(self, identity: str) -> None:
        for role in self.iam.get_instance_profile(InstanceProfileName=identity)["InstanceProfile"]["Roles"]:
            self.iam.remove_role_from_instance_profile(InstanceProfileName=identity, RoleName=role["RoleName"])
