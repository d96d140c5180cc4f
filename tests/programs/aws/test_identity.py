"""The role of a stack on AWS: who may take it, and that it may use what the stack has and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowyml_infra.errors import DefinitionError
from flowyml_infra.resources.values import Reference
from tests.programs.aws.region import made
from tests.support.clouds import bucket, expanded

BUCKET, IMAGES = "arn:aws:s3:::data", "arn:aws:ecr:eu-west-1:1:repository/images"
ISSUER = "arn:aws:iam::1:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"


def statements(policy: str) -> list[dict[str, Any]]:
    return list(json.loads(policy)["Statement"])


def granted(**properties: Any) -> dict[str, tuple[list[str], list[str]]]:
    found = statements(made("identity", **properties).one("RolePolicy")["policy"])
    assert all(item["Effect"] == "Allow" for item in found)
    return {item["Sid"]: (item["Action"], item["Resource"]) for item in found}


def test_without_anything_to_use_it_may_nothing() -> None:
    assert {thing.type for thing in made("identity").things} == {"aws:iam/role:Role"}


def test_it_reads_and_writes_objects_and_cannot_change_the_bucket() -> None:
    rights = granted(bucket=BUCKET)
    assert set(rights) == {"Bucket", "Objects"}
    assert rights["Bucket"] == (["s3:GetBucketLocation", "s3:ListBucket"], [BUCKET])
    assert rights["Objects"][1] == [f"{BUCKET}/*"]
    assert "*" not in "".join(action for actions, _ in rights.values() for action in actions)


def test_it_pulls_images_of_its_repository_and_pushes_none() -> None:
    rights = granted(repository=IMAGES)
    assert rights["Images"][1] == [IMAGES]
    assert not any("Put" in action or "Upload" in action for action in rights["Images"][0])
    assert rights["SignIn"] == (["ecr:GetAuthorizationToken"], ["*"])


def test_it_reads_its_secrets_alone() -> None:
    rights = granted(secret="arn:one", database_secret="arn:two")
    assert rights == {
        "Secrets": (["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], ["arn:one", "arn:two"])
    }


def test_its_own_policy_has_a_name_that_can_be_found_again() -> None:
    assert made("identity", name="trainer", bucket=BUCKET).one("RolePolicy")["name"] == "trainer-grants"


def test_services_take_it_and_pods_say_who_they_are() -> None:
    role = made("identity", trusted=["pods.eks.amazonaws.com", "batch.amazonaws.com"]).one("role:Role")
    plain, pods = statements(role["assumeRolePolicy"])
    assert (plain["Principal"], plain["Action"]) == ({"Service": ["batch.amazonaws.com"]}, "sts:AssumeRole")
    assert pods["Principal"] == {"Service": ["pods.eks.amazonaws.com"]}
    assert pods["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert role["maxSessionDuration"] == 3600


def test_an_account_in_a_cluster_takes_it_and_no_other_account_does() -> None:
    role = made("identity", kubernetes_account="ml/trainer", oidc_provider=ISSUER).one("role:Role")
    federated = statements(role["assumeRolePolicy"])[-1]
    assert federated["Principal"] == {"Federated": ISSUER}
    assert federated["Condition"] == {
        "StringEquals": {
            "oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub": "system:serviceaccount:ml:trainer",
            "oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud": "sts.amazonaws.com",
        }
    }


def test_the_cluster_of_the_stack_vouches_for_it() -> None:
    spec = {"location": {"region": "eu-west-1"}, "compute": {"backend": "eks"}, "identity": {}}
    assert bucket(expanded(spec), "identity")["oidc_provider"] == Reference("aws.cluster.compute", "oidc_provider")  # type: ignore[arg-type]


def test_an_account_in_no_cluster_is_a_mistake() -> None:
    with pytest.raises(DefinitionError, match="the stack has none that vouches for it"):
        made("identity", kubernetes_account="ml/trainer")


def test_policies_are_attached_by_name_whatever_their_order() -> None:
    policies = ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::123456789012:policy/team/own"]
    one, other = made("identity", policies=policies), made("identity", policies=policies[::-1])
    names = {thing.name: thing.inputs["policyArn"] for thing in one.all("RolePolicyAttachment")}
    assert set(names) == {"thing.1-policy-ReadOnlyAccess", "thing.1-policy-team-own"}
    assert names == {thing.name: thing.inputs["policyArn"] for thing in other.all("RolePolicyAttachment")}


def test_a_boundary_says_what_it_may_have_at_most() -> None:
    boundary = "arn:aws:iam::123456789012:policy/most"
    assert made("identity", permissions_boundary=boundary).one("role:Role")["permissionsBoundary"] == boundary
