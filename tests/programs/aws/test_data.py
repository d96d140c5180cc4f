"""Where data is kept on AWS: safe by default, and what each weakening changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowyml_infra.resources.catalogue import kind
from flowyml_infra.resources.values import Secret
from tests.programs.aws.region import AWS, made
from tests.programs.harness import CREATION, make

KEY = "arn:aws:kms:eu-west-1:1:key/2"
CLOSED = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


class TestBuckets:
    def test_it_is_closed_encrypted_versioned_and_asks_for_tls(self) -> None:
        bucket = made("bucket")
        access = bucket.one("BucketPublicAccessBlock")
        assert all(access[name] is True for name in CLOSED)
        assert bucket.one("BucketVersioning")["versioningConfiguration"] == {"status": "Enabled"}
        (rule,) = bucket.one("BucketServerSideEncryptionConfiguration")["rules"]
        assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
        (statement,) = json.loads(bucket.one("BucketPolicy")["policy"])["Statement"]
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert bucket.one("bucket:Bucket")["forceDestroy"] is False

    def test_opening_it_opens_all_four_ways_and_still_asks_for_tls(self) -> None:
        bucket = made("bucket", public_access=True)
        assert all(bucket.one("BucketPublicAccessBlock")[name] is False for name in CLOSED)
        assert bucket.all("BucketPolicy")

    def test_a_key_of_its_own_encrypts_with_few_calls(self) -> None:
        (rule,) = made("bucket", kms_key=KEY).one("BucketServerSideEncryptionConfiguration")["rules"]
        default = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}
        assert rule == {"applyServerSideEncryptionByDefault": default, "bucketKeyEnabled": True}

    def test_versions_can_be_left_off_and_objects_expire_when_told(self) -> None:
        off = made("bucket", versioning=False)
        assert off.one("BucketVersioning")["versioningConfiguration"] == {"status": "Suspended"}
        told = made("bucket", expire_after_days=9, noncurrent_expire_after_days=3)
        rules = told.one("BucketLifecycleConfiguration")["rules"]
        assert [rule["id"] for rule in rules] == ["uploads", "objects", "versions"]
        assert rules[1]["expiration"] == {"days": 9}
        assert rules[2]["noncurrentVersionExpiration"] == {"noncurrentDays": 3}

    def test_locks_need_versions(self) -> None:
        check = kind("aws", "bucket").check
        assert check is not None
        assert [fault.property for fault in check({"object_lock": True, "versioning": False})] == ["versioning"]


class TestRegistries:
    def test_what_is_pushed_is_scanned_and_tags_stay(self) -> None:
        repository = made("registry").one("Repository")
        assert repository["imageTagMutability"] == "IMMUTABLE"
        assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
        assert repository["forceDelete"] is False
        assert "encryptionConfigurations" not in repository

    def test_each_can_be_weakened(self) -> None:
        repository = made("registry", immutable_tags=False, scan_on_push=False, force_destroy=True).one("Repository")
        assert repository["imageTagMutability"] == "MUTABLE"
        assert repository["imageScanningConfiguration"] == {"scanOnPush": False}
        assert repository["forceDelete"] is True

    def test_a_key_of_its_own_encrypts(self) -> None:
        found = made("registry", kms_key=KEY).one("Repository")["encryptionConfigurations"]
        assert found == [{"encryptionType": "KMS", "kmsKey": KEY}]

    def test_the_latest_images_are_kept_when_told(self) -> None:
        policy = made("registry", keep_images=5).one("LifecyclePolicy")
        (rule,) = json.loads(policy["policy"])["rules"]
        assert rule["selection"] == {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5}
        assert policy["repository"] == "prod-thing" or policy["repository"].startswith("prod-thing-")


class TestSecrets:
    def test_it_can_be_got_back_and_is_empty_without_a_value(self) -> None:
        secret = made("secret")
        assert secret.one("secret:Secret")["recoveryWindowInDays"] == 30
        assert not secret.all("SecretVersion")

    def test_a_value_is_a_version_of_it(self) -> None:
        secret = made("secret", value="sesame", kms_key=KEY, recovery_window=0)
        assert secret.one("SecretVersion") == {"secretId": "arn:of:thing.1", "secretString": "sesame"}
        assert secret.one("secret:Secret")["kmsKeyId"] == KEY
        assert secret.one("secret:Secret")["recoveryWindowInDays"] == 0


class TestKeys:
    def test_it_is_turned_over_and_cannot_vanish_at_once(self) -> None:
        key = made("key").one("Key")
        assert (key["enableKeyRotation"], key["deletionWindowInDays"], key["multiRegion"]) == (True, 30, False)

    def test_each_can_be_weakened(self) -> None:
        key = made("key", rotation=False, deletion_window=7).one("Key")
        assert (key["enableKeyRotation"], key["deletionWindowInDays"]) == (False, 7)

    def test_its_id_is_the_keys_own(self) -> None:
        assert made("key").outputs == {"arn": "arn:of:thing.1", "id": "1234"}


class TestDatabases:
    def test_it_is_encrypted_private_backed_up_and_leaves_a_snapshot(self) -> None:
        database = made("database", name="runs")
        server = database.one("Instance")
        expected: dict[str, Any] = {
            "storageEncrypted": True,
            "publiclyAccessible": False,
            "manageMasterUserPassword": True,
            "backupRetentionPeriod": 7,
            "skipFinalSnapshot": False,
            "finalSnapshotIdentifier": f"runs-{CREATION}",
            "copyTagsToSnapshot": True,
            "applyImmediately": True,
        }
        assert {name: server[name] for name in expected} == expected
        assert "password" not in server
        assert not database.all("SubnetGroup")

    @pytest.mark.parametrize(
        ("name", "value", "path", "expected"),
        [
            ("encrypted", False, "storageEncrypted", False),
            ("public_access", True, "publiclyAccessible", True),
            ("backup_days", 0, "backupRetentionPeriod", 0),
            ("final_snapshot", False, "skipFinalSnapshot", True),
            ("deletion_protection", True, "deletionProtection", True),
            ("deletion_protection", False, "deletionProtection", False),
            ("multi_az", True, "multiAz", True),
            ("allow_major_upgrade", True, "allowMajorVersionUpgrade", True),
        ],
    )
    def test_each_property_is_what_it_says(self, name: str, value: Any, path: str, expected: Any) -> None:
        assert made("database", **{name: value}).one("Instance")[path] == expected

    def test_it_is_in_the_subnets_and_groups_that_are_named(self) -> None:
        database = made("database", name="runs", subnet_ids=["s-1", "s-2"], security_group_ids=["g-1"])
        assert database.one("SubnetGroup")["name"] == "runs-subnets"
        assert database.one("SubnetGroup")["subnetIds"] == ["s-1", "s-2"]
        assert database.one("Instance")["dbSubnetGroupName"] == "runs-subnets"
        assert database.one("Instance")["vpcSecurityGroupIds"] == ["g-1"]

    @pytest.mark.parametrize(
        ("engine", "uri"),
        [
            ("postgres", "postgresql://flowyml@db.internal:5432/flowyml?sslmode=require"),
            ("mysql", "mysql://flowyml@db.internal:5432/flowyml"),
        ],
    )
    def test_nobody_here_sees_the_password(self, engine: str, uri: str) -> None:
        outputs = made("database", engine=engine, name="runs").outputs
        assert outputs["uri"] == uri
        assert outputs["password_secret"] == "arn:aws:secretsmanager:eu-west-1:1:secret:rds"
        assert (outputs["port"], outputs["id"]) == (5432, "runs")
        assert not any(isinstance(value, Secret) for value in outputs.values())

    def test_a_preview_does_not_know_where_it_will_be(self) -> None:
        seen = make(AWS, "database", unknown=("subnet_ids",), name="runs")
        assert {thing.type for thing in seen.things} == {"aws:rds/instance:Instance", "aws:rds/subnetGroup:SubnetGroup"}
