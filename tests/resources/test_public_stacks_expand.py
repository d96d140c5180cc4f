"""The public stack classes expand into resources of their cloud."""

from __future__ import annotations

from flowyml_infra.definition.project_config import ProjectConfig
from flowyml_infra.resources.expand import expand
from flowyml_infra.stacks.aws import AWSStack
from flowyml_infra.stacks.gcp import GCPStack


def test_a_stack_on_aws_is_a_queue_a_bucket_and_a_registry():
    stack = AWSStack(
        name="aws-prod",
        region="us-east-1",
        s3_bucket="artifacts-of-acme",
        ecr_registry="123456789012.dkr.ecr.us-east-1.amazonaws.com",
    )
    config = ProjectConfig.from_bytes(b"project: {name: shop}", "/nowhere", environ={})
    compiled = expand(stack.to_definition(), "default", config=config)
    specs = compiled.graph.specs
    assert sorted(map(str, specs)) == [
        "aws.batch_queue.compute",
        "aws.bucket.artifact_store",
        "aws.registry.container_registry",
    ]
    assert {str(spec.properties["region"]) for spec in specs.values()} == {"us-east-1"}
    assert compiled.gaps == ()
    assert stack.validate() == ()


def test_a_stack_on_google_cloud_is_vertex_ai_a_bucket_and_a_registry():
    stack = GCPStack(
        name="production",
        project_id="my-gcp-project",
        region="us-central1",
        bucket_name="my-artifacts",
        registry_uri="gcr.io/my-project",
        service_account="my-sa@my-project.iam.gserviceaccount.com",
    )
    config = ProjectConfig.from_bytes(b"project: {name: shop}", "/nowhere", environ={})
    compiled = expand(stack.to_definition(), "default", config=config)
    specs = {str(address): spec.properties for address, spec in compiled.graph.specs.items()}
    assert sorted(specs) == ["gcp.bucket.artifact_store", "gcp.registry.container_registry", "gcp.vertex.compute"]
    assert specs["gcp.bucket.artifact_store"]["name"] == "my-artifacts"
    assert specs["gcp.registry.container_registry"]["project_id"] == "my-project"
    assert specs["gcp.vertex.compute"]["project_id"] == "my-gcp-project"
    assert compiled.gaps == ()
