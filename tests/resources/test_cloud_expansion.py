"""What fills in the properties of a resource in a cloud, and what is said about those that were written."""

from __future__ import annotations

from typing import Any

import pytest

from flowyml_infra.errors import DefinitionError
from flowyml_infra.resources.values import Unknown
from tests.support.clouds import bucket, expanded

ONE: dict[str, Any] = {"resources": {"data": {"kind": "bucket"}}}
HERE: dict[str, Any] = {**ONE, "location": {"region": "eu-west-1"}}


class TestPlaces:
    def test_the_manifest_counts_before_flowyml_yaml_and_that_before_the_variable(self):
        environ, config = {"AWS_REGION": "eu-west-1"}, "location: {aws: {region: eu-west-2}}"
        here = {**ONE, "location": {"region": "eu-west-3"}}
        assert bucket(expanded(here, config=config, environ=environ))["region"] == "eu-west-3"
        assert bucket(expanded(ONE, config=config, environ=environ))["region"] == "eu-west-2"
        assert bucket(expanded(ONE, environ=environ))["region"] == "eu-west-1"

    def test_a_resource_may_be_elsewhere(self):
        own = {"resources": {"data": {"kind": "bucket", "region": "us-east-1"}}, "location": {"region": "eu-west-3"}}
        assert bucket(expanded(own))["region"] == "us-east-1"

    def test_the_stacks_region_is_not_that_of_another_cloud(self):
        mixed = {"provider": "gcp", "location": {"region": "europe-west1"}}
        mixed["resources"] = {"data": {"kind": "bucket", "provider": "aws"}}
        assert isinstance(bucket(expanded(mixed))["region"], Unknown)

    def test_a_place_that_nobody_says_is_a_gap_and_no_problem(self):
        compiled = expanded(ONE)
        (gap,) = compiled.gaps
        assert gap.summary == "a region is not said, and aws.bucket.data needs it"
        assert gap.hint == (
            "add `region: …` under spec.location, or under location.aws in flowyml.yaml, or set AWS_REGION"
        )
        assert compiled.warnings == ()

    def test_a_place_that_is_not_known_is_a_doubt_told_once(self):
        two = {"resources": {"a": {"kind": "bucket"}, "b": {"kind": "bucket"}}, "location": {"region": "eu-wst-1"}}
        (doubt,) = expanded(two).warnings
        assert doubt.severity == "warning"
        assert doubt.summary == "spec.location.region is 'eu-wst-1', which this version does not know"
        assert doubt.hint == "did you mean 'eu-west-1'?"


class TestNamesAndTags:
    def test_a_name_is_made_up_of_what_it_is_for(self):
        name = bucket(expanded(HERE, environment="default"))["name"]
        assert name.startswith("prod-data-")
        assert name == bucket(expanded(HERE))["name"]

    def test_another_project_organisation_environment_or_account_has_another_name(self):
        config = "{project: {name: shop, org: acme}, environments: {dev: {}}}"
        names = {
            bucket(expanded(HERE))["name"],
            bucket(expanded(HERE, config="project: {name: other, org: acme}"))["name"],
            bucket(expanded(HERE, config="project: {name: shop, org: other}"))["name"],
            bucket(expanded(HERE, config=config, environment="dev"))["name"],
            bucket(expanded({**ONE, "location": {"region": "eu-west-1", "account_id": "123456789012"}}))["name"],
        }
        assert len(names) == 5

    def test_every_resource_says_what_it_belongs_to(self):
        spec = {**HERE, "resources": {"data": {"kind": "bucket", "tags": {"cost": "ml"}}}}
        assert bucket(expanded(spec, labels={"team": "platform"}))["tags"] == {
            "cost": "ml",
            "flowyml:stack": "prod",
            "flowyml:environment": "default",
            "flowyml:address": "aws.bucket.data",
            "flowyml:owner": "platform",
        }

    def test_the_tags_of_the_library_cannot_be_written(self):
        spec = {**HERE, "resources": {"data": {"kind": "bucket", "tags": {"flowyml:stack": "mine"}}}}
        with pytest.raises(DefinitionError, match="begins with a reserved prefix"):
            expanded(spec)


@pytest.mark.parametrize(
    ("properties", "summary", "hint"),
    [
        ({"versionig": True}, "aws.bucket has no property 'versionig'", "did you mean 'versioning'?"),
        ({"expire_after_days": 0}, "spec.resources.data.expire_after_days is 0 days; 1 to 36500 are allowed", None),
        ({"versioning": "yes"}, "spec.resources.data.versioning must be true or false, not a text", None),
        (
            {"versioning": False, "noncurrent_expire_after_days": 3},
            "spec.resources.data.noncurrent_expire_after_days is about older versions, and versioning is off",
            "set versioning: true, or leave the number of days out",
        ),
    ],
)
def test_what_is_wrong_is_said_with_a_cure(properties, summary, hint):
    spec = {"resources": {"data": {"kind": "bucket", **properties}}, "location": {"region": "eu-west-1"}}
    with pytest.raises(DefinitionError) as caught:
        expanded(spec)
    (problem,) = caught.value.diagnostics
    assert (problem.summary, problem.hint) == (summary, hint)


class TestHistories:
    def test_imports_and_removals_are_read(self):
        compiled = expanded(
            {
                **HERE,
                "imports": [{"to": "aws.bucket.data", "id": "my-bucket"}],
                "removed": [{"from": "aws.bucket.old", "destroy": False}],
            }
        )
        assert [(item.address, item.physical_id) for item in compiled.imports] == [("aws.bucket.data", "my-bucket")]
        assert [(item.address, item.destroys) for item in compiled.removed] == [("aws.bucket.old", False)]

    @pytest.mark.parametrize(
        ("section", "summary"),
        [
            (
                {"imports": [{"to": "aws.bucket.dta", "id": "x"}]},
                "aws.bucket.dta is to be imported, but is not declared",
            ),
            (
                {"imports": [{"to": "aws.bucket.data", "id": "x"}, {"to": "aws.bucket.data", "id": "y"}]},
                "aws.bucket.data is in spec.imports twice",
            ),
            (
                {"removed": [{"from": "aws.bucket.data"}]},
                "aws.bucket.data is said to be removed, but is still declared",
            ),
        ],
    )
    def test_contradictions_are_problems(self, section, summary):
        with pytest.raises(DefinitionError) as caught:
            expanded({**HERE, **section})
        assert [item.summary for item in caught.value.diagnostics] == [summary]


@pytest.mark.parametrize(
    ("provider", "store", "address"),
    [
        ("aws", "aws_secrets_manager", "aws.secret.secrets"),
        ("gcp", "gcp_secret_manager", "gcp.secret.secrets"),
        ("azure", "azure_keyvault", "azure.vault.secrets"),
    ],
)
def test_a_secret_store_is_made_when_none_is_named(provider, store, address):
    compiled = expanded({"provider": provider, "secrets": {"provider": store}})
    assert list(map(str, compiled.graph.specs)) == [address]
