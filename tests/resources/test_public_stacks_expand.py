"""The public stack classes expand into resources of their cloud."""

from __future__ import annotations

from typing import Any

from flowyml_infra.definition.project_config import ProjectConfig
from flowyml_infra.resources.compiled import Compiled
from flowyml_infra.resources.expand import expand
from flowyml_infra.stacks.aws import AWSStack
from flowyml_infra.stacks.gcp import GCPStack
from flowyml_infra.stacks.stack import Stack


def compiled(stack: Stack) -> Compiled:
    config = ProjectConfig.from_bytes(b"project: {name: shop}", "/nowhere", environ={})
    found = expand(stack.to_definition(), "default", config=config)
    assert found.gaps == ()
    assert found.warnings == ()
    assert stack.validate() == ()
    return found


def resources(stack: Stack) -> dict[str, dict[str, Any]]:
    return {str(address): dict(spec.properties) for address, spec in compiled(stack).graph.specs.items()}


def test_a_stack_on_aws_makes_what_it_is_not_given():
    assert sorted(resources(AWSStack(name="aws-prod"))) == [
        "aws.batch_queue.compute",
        "aws.bucket.artifact_store",
        "aws.database.metadata_store",
        "aws.identity.identity",
        "aws.registry.container_registry",
    ]


def test_a_stack_on_aws_names_what_it_is_told():
    stack = AWSStack(
        name="aws-prod",
        region="us-east-1",
        s3_bucket="artifacts-of-acme",
        ecr_registry="123456789012.dkr.ecr.us-east-1.amazonaws.com",
        metadata_uri="postgresql://metadata.acme.example/runs",
    )
    specs = resources(stack)
    assert "aws.database.metadata_store" not in specs
    assert specs["aws.bucket.artifact_store"]["name"] == "artifacts-of-acme"
    assert {specs[address]["region"] for address in specs if "region" in specs[address]} == {"us-east-1"}


def test_a_stack_on_google_cloud_makes_what_it_is_not_given():
    assert sorted(resources(GCPStack(name="production", project_id="my-gcp-project"))) == [
        "gcp.bucket.artifact_store",
        "gcp.database.metadata_store",
        "gcp.identity.identity",
        "gcp.registry.container_registry",
        "gcp.vertex.compute",
    ]


def test_a_stack_on_google_cloud_names_what_it_is_told():
    stack = GCPStack(
        name="production",
        project_id="my-gcp-project",
        region="us-central1",
        bucket_name="my-artifacts",
        registry_uri="gcr.io/my-project",
        service_account="my-sa@my-project.iam.gserviceaccount.com",
        metadata_uri="postgresql://metadata.acme.example/runs",
    )
    specs = resources(stack)
    assert sorted(specs) == ["gcp.bucket.artifact_store", "gcp.registry.container_registry", "gcp.vertex.compute"]
    assert specs["gcp.bucket.artifact_store"]["name"] == "my-artifacts"
    assert specs["gcp.registry.container_registry"]["project_id"] == "my-project"
    assert specs["gcp.vertex.compute"]["project_id"] == "my-gcp-project"
