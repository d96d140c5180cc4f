"""Roles, keys and secrets of the AWS stand-in: as strict as AWS, and stricter than the emulator behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.emulation.aws_emulator import AwsEmulator
from tests.emulation.direct import Direct, opened
from tests.emulation.plugin.aws import documents
from tests.emulation.plugin.failures import PartlyMadeError, RefusedError
from tests.emulation.plugin.handling import State

pytestmark = pytest.mark.engine
ROLE, PROFILE = "aws:iam/role:Role", "aws:iam/instanceProfile:InstanceProfile"
RIGHTS, ATTACHED = "aws:iam/rolePolicy:RolePolicy", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
ISSUER = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
KEY = "aws:kms/key:Key"
SECRET, VERSION = "aws:secretsmanager/secret:Secret", "aws:secretsmanager/secretVersion:SecretVersion"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


TRUST = policy(Principal={"Service": ["batch.amazonaws.com"]}, Action="sts:AssumeRole")
GRANT = policy(Sid="Read", Action=["s3:GetObject"], Resource=["arn:aws:s3:::data/*"])


@pytest.fixture
def role(direct: Direct, unique: str) -> State:
    return direct.make(ROLE, name=unique, assumeRolePolicy=TRUST, tags={"team": "ml"})


class TestRoles:
    def test_one_reads_as_it_was_made(self, direct: Direct, role: State) -> None:
        assert role.outputs["arn"] == f"arn:aws:iam::123456789012:role/{role.id}"
        assert "region" not in role.outputs
        read = direct.read(role)
        assert read is not None
        assert read.outputs == role.outputs
        assert direct.differs(role) == {}

    def test_all_but_its_name_and_path_is_changed_in_place(self, direct: Direct, role: State) -> None:
        other = policy(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole")
        changed = direct.change(
            role, assumeRolePolicy=other, maxSessionDuration=7200, permissionsBoundary=READ_ONLY, tags={"owner": "ada"}
        )
        assert (
            json.loads(changed.outputs["assumeRolePolicy"])["Statement"]["Principal"]["Service"] == "ec2.amazonaws.com"
        )
        assert (changed.outputs["maxSessionDuration"], changed.outputs["permissionsBoundary"]) == (7200, READ_ONLY)
        assert changed.outputs["tags"] == {"owner": "ada"}
        assert "permissionsBoundary" not in direct.change(changed, permissionsBoundary=None).outputs
        assert direct.differs(role, name="other", path="/team/") == {"name": True, "path": True}

    def test_a_trust_that_is_spelled_otherwise_is_no_change(self, direct: Direct, role: State) -> None:
        document = json.loads(TRUST)
        document["Statement"] = document["Statement"][0]
        document["Statement"]["Principal"]["Service"] = "batch.amazonaws.com"
        assert direct.differs(role, assumeRolePolicy=json.dumps(document, indent=2)) == {}

    def test_a_name_is_taken_whatever_its_case(self, direct: Direct, role: State) -> None:
        with pytest.raises(RefusedError, match="EntityAlreadyExists"):
            direct.make(ROLE, name=role.id.upper(), assumeRolePolicy=TRUST)

    def test_a_boundary_that_is_not_there_is_refused(self, direct: Direct, unique: str) -> None:
        boundary = "arn:aws:iam::123456789012:policy/nothing"
        with pytest.raises(RefusedError, match="NoSuchEntity"):
            direct.make(ROLE, name=unique, assumeRolePolicy=TRUST, permissionsBoundary=boundary)

    @pytest.mark.parametrize(
        ("wrong", "complaint"),
        [
            ({"assumeRolePolicy": "{"}, "invalid JSON"),
            ({"assumeRolePolicy": "{}"}, "MalformedPolicyDocument"),
            ({"assumeRolePolicy": GRANT}, "prohibited field Resource"),
            ({"assumeRolePolicy": policy(Principal={"Service": "batch"}, Action="sts:AssumeRole")}, "SERVICE"),
            ({"assumeRolePolicy": policy(Principal={"Service": []}, Action="sts:AssumeRole")}, "principal"),
            ({"assumeRolePolicy": TRUST.replace("batch", "b" * 2048)}, "longer than 2048"),
            ({"name": "a b"}, "name"),
            ({"maxSessionDuration": 60}, "maxSessionDuration"),
            ({"description": "a" * 1001}, "description"),
            ({"managedPolicyArns": [READ_ONLY]}, "managedPolicyArns"),
            ({"region": "eu-west-1"}, "region"),
        ],
    )
    def test_wrong_inputs_fail_the_check(self, direct: Direct, wrong: Mapping[str, Any], complaint: str) -> None:
        with pytest.raises(RefusedError, match=complaint):
            direct.checked(ROLE, {"name": "fine", "assumeRolePolicy": TRUST, **wrong})

    def test_one_with_rights_of_others_is_not_deleted_unless_it_is_told_to(
        self, direct: Direct, role: State, aws: AwsEmulator
    ) -> None:
        aws.client("iam").attach_role_policy(RoleName=role.id, PolicyArn=READ_ONLY)
        with pytest.raises(RefusedError, match="DeleteConflict"):
            direct.delete(role)
        direct.delete(direct.change(role, forceDetachPolicies=True))


class TestRights:
    def test_a_policy_of_its_own_is_changed_in_place(self, direct: Direct, role: State) -> None:
        rights = direct.make(RIGHTS, role=role.id, name="grants", policy=GRANT)
        assert rights.id == f"{role.id}:grants"
        read = direct.read(rights)
        assert read is not None
        assert read.outputs == rights.outputs
        assert direct.differs(rights, policy=json.dumps(json.loads(GRANT), indent=1)) == {}
        wider = policy(Action="s3:*", Resource="*")
        assert direct.differs(rights, policy=wider, role="other") == {"policy": False, "role": True}
        assert direct.change(rights, policy=wider).outputs["policy"] == documents.normal(wider)

    @pytest.mark.parametrize(
        ("wrong", "complaint"),
        [
            (TRUST, "should not specify a principal"),
            (policy(Action="s3:GetObject", Resource="data"), "ARN format"),
            (policy(Action="GetObject", Resource="*"), "vendor"),
            (policy(Action="s3:GetObject"), "must contain resources"),
            (policy(Sid="a-b", Action="s3:GetObject", Resource="*"), "alpha-numeric"),
            (policy(Effect="Perhaps", Action="s3:GetObject", Resource="*"), "Effect"),
        ],
    )
    def test_wrong_policies_fail_the_check(self, direct: Direct, wrong: str, complaint: str) -> None:
        with pytest.raises(RefusedError, match=complaint):
            direct.checked(RIGHTS, {"role": "a", "name": "b", "policy": wrong})

    def test_policies_of_a_role_are_not_longer_than_aws_allows(self, direct: Direct, role: State) -> None:
        long = policy(Action="s3:GetObject", Resource=[f"arn:aws:s3:::{'b' * 60}/{number}" for number in range(80)])
        direct.make(RIGHTS, role=role.id, name="one", policy=long)
        with pytest.raises(RefusedError, match="LimitExceeded"):
            direct.make(RIGHTS, role=role.id, name="two", policy=long)

    def test_a_kept_policy_is_attached_and_another_takes_its_place_after_it(self, direct: Direct, role: State) -> None:
        attached = direct.make(ATTACHED, role=role.id, policyArn=READ_ONLY)
        assert direct.read(attached) == attached
        handler = direct.provider.handler(ATTACHED)
        assert handler is not None
        other = {**attached.inputs, "policyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}
        found = handler.diff(attached, other, ())
        assert (found.replaces, found.delete_before_replace) == (("policyArn",), True)
        direct.delete(attached)
        assert direct.read(role) is not None

    def test_what_is_not_there_is_not_attached(self, direct: Direct, role: State) -> None:
        with pytest.raises(RefusedError, match="does not exist"):
            direct.make(ATTACHED, role=role.id, policyArn="arn:aws:iam::aws:policy/Nothing")
        with pytest.raises(RefusedError, match="NoSuchEntity"):
            direct.make(ATTACHED, role="nobody", policyArn=READ_ONLY)

    def test_a_role_has_ten_kept_policies_at_most(self, direct: Direct, role: State, aws: AwsEmulator) -> None:
        kept = aws.client("iam").list_policies(Scope="AWS", MaxItems=11)["Policies"]
        for item in kept[:10]:
            direct.make(ATTACHED, role=role.id, policyArn=item["Arn"])
        with pytest.raises(RefusedError, match="LimitExceeded"):
            direct.make(ATTACHED, role=role.id, policyArn=kept[10]["Arn"])


class TestProfilesAndIssuers:
    def test_machines_take_another_role_in_place(self, direct: Direct, role: State, unique: str) -> None:
        profile = direct.make(PROFILE, name=f"{unique}-machines", role=role.id, tags={"a": "b"})
        assert direct.read(profile) == profile
        other = direct.make(ROLE, name=f"{unique}-other", assumeRolePolicy=TRUST)
        assert direct.differs(profile, role=other.id) == {"role": False}
        assert direct.change(profile, role=other.id).outputs["role"] == other.id
        direct.change(profile, role=role.id, tags=None)

    def test_a_profile_of_nobody_is_there_without_a_role(self, direct: Direct, unique: str) -> None:
        with pytest.raises(PartlyMadeError, match="NoSuchEntity") as failed:
            direct.make(PROFILE, name=unique, role="nobody")
        direct.made.append((PROFILE, State(failed.value.id, failed.value.inputs, failed.value.outputs)))

    def test_an_issuer_is_trusted_once(self, direct: Direct, unique: str) -> None:
        url = f"https://oidc.eks.eu-west-1.amazonaws.com/id/{unique.upper()}"
        issuer = direct.make(ISSUER, url=url, clientIdLists=["sts.amazonaws.com"], tags={"a": "b"})
        assert issuer.id == f"arn:aws:iam::123456789012:oidc-provider/{url.removeprefix('https://')}"
        assert direct.differs(issuer) == {}
        assert direct.differs(issuer, url=f"{url}0", clientIdLists=["b", "a"]) == {"url": True, "clientIdLists": False}
        assert direct.change(issuer, tags={"c": "d"}).outputs["tags"] == {"c": "d"}
        with pytest.raises(RefusedError, match="EntityAlreadyExists"):
            direct.make(ISSUER, url=url, clientIdLists=["sts.amazonaws.com"])

    @pytest.mark.parametrize(
        "wrong", [{"url": "http://a.example"}, {"clientIdLists": []}, {"thumbprintLists": ["abc"]}]
    )
    def test_an_issuer_that_iam_refuses_fails_the_check(self, direct: Direct, wrong: Mapping[str, Any]) -> None:
        with pytest.raises(RefusedError, match=next(iter(wrong))):
            direct.checked(ISSUER, {"url": "https://a.example", "clientIdLists": ["a"], **wrong})


class TestKeys:
    def test_one_reads_as_it_was_made(self, direct: Direct) -> None:
        key = direct.make(KEY, description="Data", enableKeyRotation=True, deletionWindowInDays=7, tags={"a": "b"})
        assert key.outputs["arn"].endswith(f":key/{key.id}")
        assert (key.outputs["keyId"], key.outputs["enableKeyRotation"]) == (key.id, True)
        assert direct.read(key) == key

    def test_what_it_is_of_is_for_ever_and_the_rest_is_not(self, direct: Direct) -> None:
        key = direct.make(KEY, multiRegion=False, tags={"a": "b"})
        changed = direct.change(key, description="Other", enableKeyRotation=True, isEnabled=False, tags={"c": "d"})
        shown = (changed.outputs["description"], changed.outputs["isEnabled"], changed.outputs["tags"])
        assert shown == ("Other", False, {"c": "d"})
        assert direct.differs(key, multiRegion=True, deletionWindowInDays=7) == {
            "multiRegion": True,
            "deletionWindowInDays": False,
        }

    def test_one_that_is_to_be_deleted_is_gone_and_waits_as_long_as_it_is_told_to(
        self, direct: Direct, aws: AwsEmulator
    ) -> None:
        key = direct.make(KEY, deletionWindowInDays=9)
        direct.made.append(direct.made[-1])
        direct.delete(key)
        assert direct.read(key) is None
        about = aws.client("kms").describe_key(KeyId=key.id)["KeyMetadata"]
        assert about["KeyState"] == "PendingDeletion"
        assert 8 <= (about["DeletionDate"] - about["CreationDate"]).days <= 9

    @pytest.mark.parametrize(
        "wrong",
        [{"deletionWindowInDays": 6}, {"xksKeyId": "a"}, {"keyUsage": "SIGN_VERIFY"}, {"policy": "{"}],
    )
    def test_wrong_inputs_fail_the_check(self, direct: Direct, wrong: Mapping[str, Any]) -> None:
        with pytest.raises(RefusedError, match=next(iter(wrong))):
            direct.checked(KEY, dict(wrong))

    def test_a_policy_that_shuts_its_writer_out_is_refused(self, direct: Direct) -> None:
        shut = policy(Principal={"AWS": "*"}, Action="kms:Encrypt", Resource="*")
        with pytest.raises(RefusedError, match="will not allow you"):
            direct.make(KEY, policy=shut)


class TestSecrets:
    def test_one_reads_as_it_was_made_and_is_changed_in_place(self, direct: Direct, unique: str) -> None:
        secret = direct.make(SECRET, name=unique, description="A token", recoveryWindowInDays=0, tags={"a": "b"})
        assert secret.outputs["arn"] == secret.id
        assert secret.id.startswith(f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{unique}-")
        assert direct.read(secret) == secret
        changed = direct.change(secret, description="Other", tags={"c": "d"})
        assert (changed.outputs["description"], changed.outputs["tags"]) == ("Other", {"c": "d"})
        assert direct.differs(secret, name="other", recoveryWindowInDays=7) == {
            "name": True,
            "recoveryWindowInDays": False,
        }

    def test_a_name_stays_taken_while_a_secret_can_be_got_back(
        self, direct: Direct, unique: str, aws: AwsEmulator
    ) -> None:
        secret = direct.make(SECRET, name=unique, recoveryWindowInDays=7)
        with pytest.raises(RefusedError, match="ResourceExistsException"):
            direct.make(SECRET, name=unique)
        direct.made.append(direct.made[-1])
        direct.delete(secret)
        assert direct.read(secret) is None
        with pytest.raises(RefusedError, match="already scheduled for deletion"):
            direct.make(SECRET, name=unique)
        about = aws.client("secretsmanager").describe_secret(SecretId=unique)
        assert 6 <= (about["DeletedDate"] - about["CreatedDate"]).days <= 7

    def test_one_without_a_window_frees_its_name_at_once(self, direct: Direct, unique: str) -> None:
        direct.delete(direct.make(SECRET, name=unique, recoveryWindowInDays=0))
        direct.make(SECRET, name=unique, recoveryWindowInDays=0)

    def test_a_new_value_is_a_new_version_that_takes_the_place_of_the_old(
        self, direct: Direct, unique: str, aws: AwsEmulator
    ) -> None:
        secret = direct.make(SECRET, name=unique, recoveryWindowInDays=0)
        old = direct.make(VERSION, secretId=secret.id, secretString="sesame")
        assert old.outputs["versionStages"] == ["AWSCURRENT"]
        assert direct.differs(old, secretString="other") == {"secretString": True}
        new = direct.make(VERSION, secretId=secret.id, secretString="other")
        direct.delete(old)
        assert direct.read(new) == new
        assert aws.client("secretsmanager").get_secret_value(SecretId=secret.id)["SecretString"] == "other"

    def test_versions_are_found_by_their_secret_while_it_is_there(self, direct: Direct, unique: str) -> None:
        token = "aws:secretsmanager/getSecretVersions:getSecretVersions"
        secret = direct.make(SECRET, name=unique, recoveryWindowInDays=0)
        version = direct.make(VERSION, secretId=secret.id, secretString="sesame")
        found = direct.ask(token, secretId=secret.id)
        assert [f"{found['arn']}|{item['versionId']}" for item in found["versions"]] == [version.id]
        assert found["versions"][0]["versionStages"] == ["AWSCURRENT"]
        direct.delete(version)
        direct.delete(secret)
        with pytest.raises(RefusedError, match="couldn't find"):
            direct.ask(token, secretId=unique)

    def test_a_value_is_always_secret(self, direct: Direct) -> None:
        handler = direct.provider.handler(VERSION)
        assert handler is not None
        assert handler.secret_paths({"secretString": "sesame"}) == {("secretString",)}

    def test_a_value_that_is_refused_is_not_told(self, direct: Direct) -> None:
        with pytest.raises(RefusedError, match="longer than 65536") as failed:
            direct.checked(VERSION, {"secretId": "a", "secretString": "sesame" * 11_000})
        assert "sesame" not in str(failed.value)
        with pytest.raises(RefusedError, match="secretString"):
            direct.checked(VERSION, {"secretId": "a", "secretString": ""})

    def test_a_key_that_is_to_be_deleted_encrypts_nothing(self, direct: Direct, unique: str) -> None:
        key = direct.make(KEY)
        secret = direct.make(SECRET, name=unique, kmsKeyId=key.outputs["arn"], recoveryWindowInDays=0)
        direct.delete(key)
        with pytest.raises(RefusedError, match="PendingDeletion"):
            direct.make(VERSION, secretId=secret.id, secretString="sesame")

    @pytest.mark.parametrize("wrong", [{"recoveryWindowInDays": 5}, {"name": "a b"}, {"replicas": []}])
    def test_wrong_inputs_fail_the_check(self, direct: Direct, wrong: Mapping[str, Any]) -> None:
        with pytest.raises(RefusedError, match=next(iter(wrong))):
            direct.checked(SECRET, {"name": "fine", **wrong})


class TestByTag:
    RESOURCES = "aws:resourcegroupstaggingapi/getResources:getResources"

    def found(self, direct: Direct, value: str, **more: Any) -> set[str]:
        answer = direct.ask(self.RESOURCES, tagFilters=[{"key": "mark", "values": [value]}], **more)
        assert all(item["tags"]["mark"] == value for item in answer["resourceTagMappingLists"])
        return {item["resourceArn"] for item in answer["resourceTagMappingLists"]}

    def test_what_carries_a_tag_is_found_and_nothing_else(self, direct: Direct, unique: str) -> None:
        tags = {"mark": unique}
        vpc = direct.make("aws:ec2/vpc:Vpc", cidrBlock="10.0.0.0/16", tags=tags)
        address = direct.make("aws:ec2/eip:Eip", tags=tags)
        key = direct.make(KEY, tags=tags)
        secret = direct.make(SECRET, name=unique, recoveryWindowInDays=0, tags=tags)
        direct.make("aws:ec2/eip:Eip", tags={"mark": "other"})
        every = {thing.outputs["arn"] for thing in (vpc, address, key, secret)}
        assert self.found(direct, unique) == every
        assert self.found(direct, unique, resourceTypeFilters=["ec2"]) == {vpc.outputs["arn"], address.outputs["arn"]}
        assert self.found(direct, unique, resourceTypeFilters=["kms:key"]) == {key.outputs["arn"]}

    def test_iam_is_told_of_in_its_own_region_and_roles_are_not_told_of(
        self, direct: Direct, unique: str, aws: AwsEmulator
    ) -> None:
        tags = {"mark": unique}
        direct.make(ROLE, name=unique, assumeRolePolicy=TRUST, tags=tags)
        issuer = direct.make(ISSUER, url=f"https://{unique}.example", clientIdLists=["a"], tags=tags)
        assert self.found(direct, unique) == set()
        assert self.found(direct, unique, region="us-east-1") == {issuer.id}

    def test_more_than_one_page_is_found(self, direct: Direct, unique: str) -> None:
        made = {direct.make("aws:ec2/internetGateway:InternetGateway", tags={"mark": unique}).id for _ in range(60)}
        assert {arn.rpartition("/")[2] for arn in self.found(direct, unique)} == made


def test_another_region_is_another_place(aws: AwsEmulator, unique: str) -> None:
    with opened(aws, "us-west-2") as elsewhere:
        key = elsewhere.make(KEY)
        assert ":us-west-2:" in key.outputs["arn"]
        assert elsewhere.differs(key, region="eu-west-1") == {"region": True}
