"""Repositories and databases of the AWS stand-in: as strict as AWS, and stricter than the emulator behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import psycopg
import pulumi
import pulumi_aws
import pytest

from tests.emulation import surroundings
from tests.emulation.aws_emulator import AwsEmulator
from tests.emulation.bed import Bed
from tests.emulation.direct import Direct
from tests.emulation.plugin.aws import rds_server
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import State
from tests.emulation.postgresql_server import PostgresServer
from tests.emulation.servers import LOCALHOST
from tests.emulation.surroundings import Network

pytestmark = pytest.mark.engine
KEY = "aws:kms/key:Key"
REPOSITORY, LIFECYCLE = "aws:ecr/repository:Repository", "aws:ecr/lifecyclePolicy:LifecyclePolicy"
SERVER, SUBNETS = "aws:rds/instance:Instance", "aws:rds/subnetGroup:SubnetGroup"
NO_KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
PASSWORD = "sesame-open-the-door"
BASIC: dict[str, Any] = {
    "engine": "postgres",
    "engineVersion": "16.4",
    "instanceClass": "db.t4g.small",
    "allocatedStorage": 20,
    "username": "flowyml",
    "manageMasterUserPassword": True,
    "skipFinalSnapshot": True,
    "applyImmediately": True,
}


def keeping(**selection: Any) -> str:
    chosen = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5, **selection}
    kept = {name: value for name, value in chosen.items() if value is not None}
    return json.dumps({"rules": [{"rulePriority": 1, "selection": kept, "action": {"type": "expire"}}]})


@pytest.fixture
def repository(direct: Direct, unique: str) -> State:
    return direct.make(REPOSITORY, name=unique, imageScanningConfiguration={"scanOnPush": True}, tags={"team": "ml"})


class TestRepositories:
    def test_one_reads_as_it_was_made(self, direct: Direct, repository: State, unique: str) -> None:
        assert repository.id == unique
        assert repository.outputs["repositoryUrl"].endswith(f"/{unique}")
        assert repository.outputs["encryptionConfigurations"] == [{"encryptionType": "AES256"}]
        assert direct.read(repository) == repository
        assert direct.differs(repository) == {}

    def test_its_settings_are_changed_in_place_and_its_encryption_is_not(
        self, direct: Direct, repository: State
    ) -> None:
        changed = direct.change(
            repository,
            imageTagMutability="IMMUTABLE",
            imageScanningConfiguration={"scanOnPush": False},
            tags={"owner": "ada"},
        )
        assert changed.outputs["imageTagMutability"] == "IMMUTABLE"
        assert changed.outputs["imageScanningConfiguration"] == {"scanOnPush": False}
        assert changed.outputs["tags"] == {"owner": "ada"}
        encrypted = [{"encryptionType": "KMS", "kmsKey": NO_KEY}]
        assert direct.differs(changed, encryptionConfigurations=encrypted) == {"encryptionConfigurations": True}

    def test_a_key_has_to_be_there(self, direct: Direct, unique: str) -> None:
        key = direct.make(KEY)
        encrypted = [{"encryptionType": "KMS", "kmsKey": key.outputs["arn"]}]
        made = direct.make(REPOSITORY, name=unique, encryptionConfigurations=encrypted)
        assert direct.read(made) == made
        direct.delete(made)
        direct.delete(key)
        with pytest.raises(RefusedError, match="PendingDeletion"):
            direct.make(REPOSITORY, name=unique, encryptionConfigurations=encrypted)

    def test_one_with_images_is_not_deleted_unless_it_is_told_to(
        self, direct: Direct, repository: State, aws: AwsEmulator
    ) -> None:
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json"}
        aws.client("ecr").put_image(repositoryName=repository.id, imageManifest=json.dumps(manifest), imageTag="1")
        with pytest.raises(RefusedError, match="RepositoryNotEmptyException"):
            direct.delete(repository)
        direct.delete(direct.change(repository, forceDelete=True))

    def test_a_name_is_taken_once(self, direct: Direct, repository: State) -> None:
        with pytest.raises(RefusedError, match="RepositoryAlreadyExistsException"):
            direct.make(REPOSITORY, name=repository.id)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"name": "Upper"},
            {"name": "a"},
            {"name": "a..b"},
            {"imageTagMutability": "SOMETIMES"},
            {"imageScanningConfiguration": {}},
            {"encryptionConfigurations": [{"encryptionType": "KMS"}]},
            {"encryptionConfigurations": [{"kmsKey": NO_KEY}]},
            {"imageTagMutabilityExclusionFilters": []},
        ],
    )
    def test_wrong_inputs_fail_the_check(self, direct: Direct, wrong: Mapping[str, Any]) -> None:
        with pytest.raises(RefusedError, match=next(iter(wrong))):
            direct.checked(REPOSITORY, {"name": "fine", **wrong})


class TestLifecycles:
    def test_another_document_is_another_policy_and_the_old_one_goes_first(
        self, direct: Direct, repository: State
    ) -> None:
        policy = direct.make(LIFECYCLE, repository=repository.id, policy=keeping())
        assert policy.id == repository.id
        assert direct.read(policy) == policy
        assert direct.differs(policy, policy=json.dumps(json.loads(keeping()), indent=1)) == {}
        assert direct.differs(policy, policy=keeping(countNumber=6)) == {"policy": True}
        handler = direct.provider.handler(LIFECYCLE)
        assert handler is not None
        assert handler.diff(policy, {**policy.inputs, "policy": keeping(countNumber=6)}, ()).delete_before_replace

    def test_it_is_gone_with_its_repository(self, direct: Direct, repository: State) -> None:
        policy = direct.make(LIFECYCLE, repository=repository.id, policy=keeping())
        direct.delete(repository)
        assert direct.read(policy) is None
        with pytest.raises(RefusedError, match="RepositoryNotFoundException"):
            direct.make(LIFECYCLE, repository=repository.id, policy=keeping())

    @pytest.mark.parametrize(
        ("policy", "complaint"),
        [
            ("{", "invalid JSON"),
            ("[]", "no rules"),
            (json.dumps({"rules": []}), "no rules"),
            (keeping(countNumber=0), "countNumber"),
            (keeping(tagStatus="some"), "tagStatus"),
            (keeping(tagStatus="tagged"), "prefixes"),
            (keeping(countUnit="days"), "countUnit"),
            (keeping().replace("expire", "keep"), "expire"),
            (keeping().replace('"rulePriority": 1', '"rulePriority": 0'), "rulePriority"),
        ],
    )
    def test_a_policy_that_ecr_refuses_fails_the_check(self, direct: Direct, policy: str, complaint: str) -> None:
        with pytest.raises(RefusedError, match=complaint):
            direct.checked(LIFECYCLE, {"repository": "a", "policy": policy})

    def test_the_rule_for_any_image_comes_last(self, direct: Direct) -> None:
        first, second = json.loads(keeping())["rules"][0], json.loads(keeping(tagStatus="untagged"))["rules"][0]
        rules = [first, {**second, "rulePriority": 2}]
        with pytest.raises(RefusedError, match="comes last"):
            direct.checked(LIFECYCLE, {"repository": "a", "policy": json.dumps({"rules": rules})})
        rules = [first, {**second, "rulePriority": 1}]
        with pytest.raises(RefusedError, match="same rulePriority"):
            direct.checked(LIFECYCLE, {"repository": "a", "policy": json.dumps({"rules": rules})})


@pytest.fixture
def network(direct: Direct) -> Network:
    return surroundings.network(direct)


class TestSubnetGroups:
    def test_one_reads_as_it_was_made_and_is_changed_in_place(
        self, direct: Direct, network: Network, unique: str
    ) -> None:
        group = direct.make(SUBNETS, name=unique, subnetIds=network.subnets, tags={"a": "b"})
        assert (group.id, group.outputs["vpcId"]) == (unique, network.id)
        read = direct.read(group)
        assert read is not None
        assert read.outputs == group.outputs
        assert direct.differs(group, subnetIds=network.subnets[::-1]) == {}
        third = direct.make(
            "aws:ec2/subnet:Subnet", vpcId=network.id, cidrBlock="10.0.9.0/24", availabilityZone="eu-west-1c"
        )
        wider = sorted([*network.subnets, third.id])
        changed = direct.change(group, subnetIds=wider, description="Other", tags={"c": "d"})
        shown = (changed.outputs["subnetIds"], changed.outputs["description"], changed.outputs["tags"])
        assert shown == (wider, "Other", {"c": "d"})
        assert direct.differs(changed, name="other") == {"name": True}
        direct.change(changed, subnetIds=network.subnets)

    def test_two_zones_of_one_network_are_needed(self, direct: Direct, network: Network, unique: str) -> None:
        with pytest.raises(RefusedError, match="2 zones"):
            direct.make(SUBNETS, name=unique, subnetIds=network.subnets[:1])
        other = surroundings.network(direct, "10.1.0.0/16")
        with pytest.raises(RefusedError, match="different networks"):
            direct.make(SUBNETS, name=unique, subnetIds=[network.subnets[0], other.subnets[1]])

    def test_a_name_is_taken_once(self, direct: Direct, network: Network, unique: str) -> None:
        direct.make(SUBNETS, name=unique, subnetIds=network.subnets)
        with pytest.raises(RefusedError, match="AlreadyExists"):
            direct.make(SUBNETS, name=unique, subnetIds=network.subnets)

    def test_one_with_a_server_in_it_stays(self, direct: Direct, network: Network, unique: str) -> None:
        group = direct.make(SUBNETS, name=unique, subnetIds=network.subnets)
        direct.make(SERVER, identifier=unique, dbSubnetGroupName=unique, vpcSecurityGroupIds=[network.group], **BASIC)
        with pytest.raises(RefusedError, match="in use"):
            direct.delete(group)

    @pytest.mark.parametrize("wrong", [{"name": "Upper"}, {"name": "default"}, {"description": ""}])
    def test_wrong_inputs_fail_the_check(self, direct: Direct, wrong: Mapping[str, Any]) -> None:
        with pytest.raises(RefusedError, match=next(iter(wrong))):
            direct.checked(SUBNETS, {"name": "fine", "subnetIds": ["a", "b"], **wrong})


@pytest.fixture
def server(direct: Direct, unique: str) -> State:
    return direct.make(SERVER, identifier=unique, dbName="flowyml", tags={"team": "ml"}, **BASIC)


class TestServers:
    def test_one_reads_as_it_was_made(self, direct: Direct, server: State, unique: str) -> None:
        outputs = server.outputs
        assert server.id.startswith("db-")
        assert (outputs["resourceId"], outputs["status"], outputs["port"]) == (server.id, "available", 5432)
        assert outputs["endpoint"] == f"{outputs['address']}:5432"
        assert outputs["address"].startswith(f"{unique}.")
        read = direct.read(server)
        assert read is not None
        assert read.outputs == outputs
        assert direct.differs(server) == {}

    def test_it_is_found_by_its_name_as_well(self, direct: Direct, server: State, unique: str) -> None:
        handler = direct.provider.handler(SERVER)
        assert handler is not None
        found = handler.read(State(unique, {}, {}))
        assert found is not None
        assert (found.id, found.inputs["identifier"]) == (server.id, unique)
        assert handler.read(State("nothing", {}, {})) is None

    def test_its_password_is_made_and_is_nowhere_but_in_its_secret(
        self, direct: Direct, server: State, aws: AwsEmulator
    ) -> None:
        (secret,) = server.outputs["masterUserSecrets"]
        value = json.loads(aws.client("secretsmanager").get_secret_value(SecretId=secret["secretArn"])["SecretString"])
        assert value["password"] not in json.dumps(server.outputs)
        direct.delete(server)
        assert secret["secretArn"] not in [
            item["ARN"] for item in aws.client("secretsmanager").list_secrets()["SecretList"]
        ]

    def test_a_password_of_ones_own_is_secret_and_not_told(self, direct: Direct, unique: str) -> None:
        own = {name: value for name, value in BASIC.items() if name != "manageMasterUserPassword"}
        made = direct.make(SERVER, identifier=unique, password=PASSWORD, **own)
        assert made.outputs["masterUserSecrets"] == []
        handler = direct.provider.handler(SERVER)
        assert handler is not None
        assert handler.secret_paths(made.outputs) == {("password",)}
        with pytest.raises(RefusedError, match="password") as failed:
            direct.checked(SERVER, {**own, "password": f"{PASSWORD}@"})
        assert PASSWORD not in str(failed.value)

    def test_most_of_it_is_changed_in_place(self, direct: Direct, server: State, unique: str) -> None:
        changed = direct.change(
            server,
            identifier=f"{unique}-other",
            instanceClass="db.m5.large",
            allocatedStorage=40,
            maxAllocatedStorage=80,
            engineVersion="16.6",
            multiAz=True,
            backupRetentionPeriod=9,
            tags={"owner": "ada"},
        )
        outputs = changed.outputs
        assert (outputs["identifier"], outputs["resourceId"]) == (f"{unique}-other", server.id)
        assert (outputs["allocatedStorage"], outputs["maxAllocatedStorage"]) == (40, 80)
        assert (outputs["engineVersionActual"], outputs["multiAz"]) == ("16.6", True)
        assert outputs["tags"] == {"owner": "ada"}
        assert direct.change(changed, maxAllocatedStorage=None).outputs["maxAllocatedStorage"] == 0

    def test_what_it_is_of_replaces_it(self, direct: Direct, server: State) -> None:
        other = {
            "engine": "mysql",
            "username": "other",
            "dbName": "other",
            "storageEncrypted": True,
            "kmsKeyId": NO_KEY,
        }
        assert direct.differs(server, **other) == dict.fromkeys(other, True)

    def test_a_replacement_under_the_same_name_is_made_when_the_name_is_free(
        self, direct: Direct, server: State
    ) -> None:
        handler = direct.provider.handler(SERVER)
        assert handler is not None
        assert handler.diff(server, {**server.inputs, "username": "other"}, ()).delete_before_replace
        elsewhere = {**server.inputs, "username": "other", "identifier": "other"}
        assert not handler.diff(server, elsewhere, ()).delete_before_replace

    def test_what_rds_refuses_to_change_is_refused(self, direct: Direct, server: State) -> None:
        larger = direct.change(server, allocatedStorage=30)
        refused: list[tuple[str, dict[str, Any]]] = [
            ("cannot shrink from 30 to 20", {"allocatedStorage": 20}),
            ("Cannot upgrade", {"engineVersion": "16.1"}),
            ("Cannot upgrade", {"engineVersion": "15"}),
            ("AllowMajorVersionUpgrade", {"engineVersion": "17.2"}),
            ("applyImmediately", {"applyImmediately": None, "multiAz": True}),
        ]
        for complaint, news in refused:
            with pytest.raises(RefusedError, match=complaint):
                direct.change(larger, **news)

    def test_a_major_version_is_changed_by_those_who_say_so(self, direct: Direct, server: State) -> None:
        changed = direct.change(server, engineVersion="17.2", allowMajorVersionUpgrade=True)
        assert changed.outputs["engineVersionActual"] == "17.2"

    def test_a_disk_that_has_grown_by_itself_is_no_change(
        self, direct: Direct, server: State, aws: AwsEmulator, unique: str
    ) -> None:
        growing = direct.change(server, maxAllocatedStorage=100)
        aws.client("rds").modify_db_instance(DBInstanceIdentifier=unique, AllocatedStorage=60)
        grown = direct.read(growing)
        assert grown is not None
        assert direct.differs(State(grown.id, growing.inputs, grown.outputs), allocatedStorage=20) == {}

    def test_a_protected_one_stays(self, direct: Direct, server: State) -> None:
        protected = direct.change(server, deletionProtection=True)
        with pytest.raises(RefusedError, match="Cannot delete protected DB Instance"):
            direct.delete(protected)
        direct.change(protected, deletionProtection=False)

    def test_none_goes_without_a_last_copy_unless_it_is_told_to(
        self, direct: Direct, server: State, aws: AwsEmulator, unique: str
    ) -> None:
        kept = direct.change(server, skipFinalSnapshot=None)
        with pytest.raises(RefusedError, match="final_snapshot_identifier is required"):
            direct.delete(kept)
        direct.delete(direct.change(kept, finalSnapshotIdentifier=f"{unique}-last"))
        rds = aws.client("rds")
        (copy,) = rds.describe_db_snapshots(DBSnapshotIdentifier=f"{unique}-last")["DBSnapshots"]
        assert copy["DBInstanceIdentifier"] == unique
        again = direct.make(
            SERVER,
            **{**BASIC, "identifier": unique, "skipFinalSnapshot": False},
            finalSnapshotIdentifier=f"{unique}-last",
        )
        with pytest.raises(RefusedError, match="DBSnapshotAlreadyExists"):
            direct.delete(again)
        rds.delete_db_snapshot(DBSnapshotIdentifier=f"{unique}-last")

    def test_behind_it_is_a_real_server_where_the_test_bed_has_one(
        self,
        direct: Direct,
        aws: AwsEmulator,
        postgresql: PostgresServer,
        unique: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv(rds_server.VARIABLE, postgresql.administration)
        named = {**BASIC, "identifier": unique, "username": f"u{unique[1:]}", "dbName": unique}
        server = direct.make(SERVER, **named)
        place = server.outputs["address"], server.outputs["port"]
        assert place == (LOCALHOST, postgresql.port)
        secret = server.outputs["masterUserSecrets"][0]["secretArn"]
        kept = aws.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        login = {"user": named["username"], "password": json.loads(kept)["password"], "dbname": unique}
        with psycopg.connect(host=place[0], port=place[1], sslmode="require", **login) as connection:
            connection.execute("CREATE SCHEMA mine")
        read = direct.read(server)
        assert read is not None
        assert (read.outputs["address"], read.outputs["port"]) == place
        direct.delete(server)
        gone = (
            "SELECT datname FROM pg_database WHERE datname = %s UNION SELECT rolname FROM pg_roles WHERE rolname = %s"
        )
        assert postgresql.run(gone, (unique, named["username"])) == []
        other = direct.make(
            SERVER, **{**named, "identifier": f"{unique}-m", "engine": "mysql", "engineVersion": "8.0.39"}
        )
        assert other.outputs["address"].endswith(".rds.amazonaws.com")

    def test_what_is_around_it_has_to_be_there_and_to_fit(self, direct: Direct, network: Network, unique: str) -> None:
        named = {"identifier": unique, **BASIC}
        with pytest.raises(RefusedError, match="no such machine types"):
            direct.make(SERVER, **{**named, "instanceClass": "db.t4g.gigantic"})
        with pytest.raises(RefusedError, match="not accessible"):
            direct.make(SERVER, storageEncrypted=True, kmsKeyId=NO_KEY, **named)
        with pytest.raises(RefusedError, match="DBSubnetGroupNotFoundFault"):
            direct.make(SERVER, dbSubnetGroupName="nothing", **named)
        direct.make(SUBNETS, name=unique, subnetIds=network.subnets)
        other = surroundings.network(direct, "10.1.0.0/16")
        with pytest.raises(RefusedError, match="different networks"):
            direct.make(SERVER, dbSubnetGroupName=unique, vpcSecurityGroupIds=[other.group], **named)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"identifier": "1st"},
            {"identifier": "a--b"},
            {"identifier": "Upper"},
            {"engine": "oracle-ee"},
            {"engineVersion": "9.6"},
            {"allocatedStorage": 10},
            {"maxAllocatedStorage": 10},
            {"backupRetentionPeriod": 36},
            {"username": "admin"},
            {"username": "1st"},
            {"dbName": "1st"},
            {"password": PASSWORD},
            {"manageMasterUserPassword": False},
            {"kmsKeyId": NO_KEY},
            {"storageType": "io2"},
            {"finalSnapshotIdentifier": "a--b"},
            {"instanceClass": "t4g.small"},
            {"autoMinorVersionUpgrade": True},
        ],
    )
    def test_wrong_inputs_fail_the_check(self, direct: Direct, wrong: Mapping[str, Any]) -> None:
        with pytest.raises(RefusedError, match=next(iter(wrong))):
            direct.checked(SERVER, {**BASIC, **wrong})

    @pytest.mark.parametrize("missing", ["engine", "instanceClass", "allocatedStorage", "username"])
    def test_missing_inputs_fail_the_check(self, direct: Direct, missing: str) -> None:
        with pytest.raises(RefusedError, match=missing):
            direct.checked(SERVER, {name: value for name, value in BASIC.items() if name != missing})

    def test_a_server_needs_a_password(self, direct: Direct) -> None:
        own = {name: value for name, value in BASIC.items() if name != "manageMasterUserPassword"}
        with pytest.raises(RefusedError, match="exclude each other"):
            direct.checked(SERVER, own)


def test_the_engine_makes_both_and_takes_them_away(aws_bed: Bed, aws: AwsEmulator, unique: str) -> None:
    def program() -> None:
        repository = pulumi_aws.ecr.Repository(unique)
        pulumi_aws.ecr.LifecyclePolicy("kept", repository=repository.name, policy=keeping(countNumber=kept))
        server = pulumi_aws.rds.Instance(
            "server",
            identifier=unique,
            engine="postgres",
            instance_class="db.t4g.small",
            allocated_storage=20,
            username="flowyml",
            manage_master_user_password=True,
            skip_final_snapshot=True,
            apply_immediately=True,
        )
        pulumi.export("secret", server.master_user_secrets.apply(lambda found: found[0].secret_arn))

    kept = 5
    stack = aws_bed.stack(program)
    up = stack.up()
    assert up.outputs["secret"].value.startswith("arn:aws:secretsmanager:")
    assert set(stack.up(refresh=True).summary.resource_changes or {}) == {"same"}
    kept = 6
    stack.up()
    ecr = aws.client("ecr")
    (repository,) = [item for item in ecr.describe_repositories()["repositories"] if unique in item["repositoryName"]]
    policy = ecr.get_lifecycle_policy(repositoryName=repository["repositoryName"])["lifecyclePolicyText"]
    assert json.loads(policy) == json.loads(keeping(countNumber=6)), "the old policy goes before the new one comes"
    stack.destroy()
    assert unique not in [
        item["DBInstanceIdentifier"] for item in aws.client("rds").describe_db_instances()["DBInstances"]
    ]
